import { decoder } from "../model/decoder.ts";
import { causalMask } from "../tensor/attention.ts";
import { pick } from "../tensor/indexing.ts";
import { logSoftmax } from "../tensor/normalisation.ts";
import { linear } from "../tensor/products.ts";
import { loadProgram } from "../tensor/program.ts";
import { max } from "../tensor/reductions.ts";
import type { Binding, Buffer } from "../tensor/session.ts";
import { constant, input, type Tensor } from "../tensor/tensor.ts";
import { Turns } from "../workspace/turns.ts";
import { featureInput } from "./feature-input.ts";
import { type ModelWeights, weightsFor } from "./model-weights.ts";

/** Tokens whose probabilities are computed at once. */
export interface Window {
  /** At least two, at most `maxSeqLen` + 1. */
  readonly tokens: readonly number[];
  /** [at most tokens - 1, embedDim], read where a token is `[IMG]`; undefined: none is. */
  readonly features: Float32Array | undefined;
}

/** What a model finds of the tokens of a text, in their order. */
export interface TokenScores {
  /** Natural logarithm of each one's probability after those before it. */
  readonly logProbs: readonly number[];
  /** Whether each one was the likeliest of all. */
  readonly isLikeliest: readonly boolean[];
}

/** Few sizes, so that few graphs are made; what is padded comes after all that is scored. */
const shortestTime = 16;
const batchSizes = [8, 4, 2, 1];

/** Of a graph with several windows: its logits are computed at once. */
const mostRows = 2048;

interface GraphSize {
  readonly time: number;
  readonly batch: number;
  readonly hasImages: boolean;
}

interface WindowGraph {
  readonly binding: Binding;
  readonly buffers: {
    readonly tokens: Buffer;
    readonly targets: Buffer;
    readonly logProbs: Buffer;
    /** Of the likeliest token. */
    readonly highest: Buffer;
    readonly features?: Buffer;
  };
}

/** The decoder without a cache over windows of text; the graphs of all sizes are kept. */
export class WindowGraphs {
  readonly #weights: ModelWeights;
  readonly #graphs = new Map<string, WindowGraph>();
  readonly #turns = new Turns();

  constructor(weights: ModelWeights) {
    this.#weights = weights;
  }

  /**
   * The scores of each window's tokens but the first. Windows that are given together run together,
   * those of similar lengths, which changes roundings only.
   */
  async scores(windows: readonly Window[]): Promise<TokenScores[]> {
    const longestFirst = windows
      .map((window, index) => ({ window, index }))
      .sort((a, b) => b.window.tokens.length - a.window.tokens.length);
    const results: TokenScores[] = [];
    while (longestFirst.length > 0) {
      const time = this.#timeFor(longestFirst[0]!.window.tokens.length - 1);
      const most = batchSizes.find((size) => size * time <= mostRows) ?? 1;
      const together = longestFirst.splice(0, most);
      const batch = together.map(({ window }) => window);
      const found = await this.#turns.take(() => this.#run(batch, time));
      for (const [i, { index }] of together.entries()) results[index] = found[i]!;
    }
    return results;
  }

  /** Frees the graphs' memory; the weights stay. */
  release(): void {
    for (const { binding, buffers } of this.#graphs.values()) {
      binding.release();
      for (const buffer of Object.values(buffers)) buffer.release();
    }
  }

  #timeFor(count: number): number {
    const time = 2 ** Math.ceil(Math.log2(Math.max(shortestTime, count)));
    return Math.min(this.#weights.config.maxSeqLen, time);
  }

  async #run(windows: readonly Window[], time: number): Promise<TokenScores[]> {
    const batch = batchSizes.findLast((size) => size >= windows.length)!;
    const hasImages = windows.some(({ features }) => features !== undefined);
    const size = { time, batch, hasImages };
    const key = `${time} ${batch} ${hasImages}`;
    const { binding, buffers } = this.#graphs.get(key) ?? (await this.#open(key, size));
    await buffers.tokens.write(timeMajor(windows, size, 0));
    await buffers.targets.write(timeMajor(windows, size, 1));
    if (hasImages) await buffers.features!.write(this.#features(windows, size));
    await binding.run();
    const logProbs = (await buffers.logProbs.read()) as Float32Array;
    const highest = (await buffers.highest.read()) as Float32Array;
    return windows.map(({ tokens }, sequence) => {
      const rows = Array.from({ length: tokens.length - 1 }, (_, at) => at * batch + sequence);
      return {
        logProbs: rows.map((row) => logProbs[row]!),
        isLikeliest: rows.map((row) => logProbs[row] === highest[row]),
      };
    });
  }

  #features(windows: readonly Window[], { time, batch }: GraphSize): Float32Array {
    const width = this.#weights.config.embedDim;
    const rows = new Float32Array(time * batch * width);
    for (const [sequence, { features }] of windows.entries()) {
      for (let at = 0; at * width < (features?.length ?? 0); at++) {
        const row = features!.subarray(at * width, (at + 1) * width);
        rows.set(row, (at * batch + sequence) * width);
      }
    }
    return rows;
  }

  async #open(key: string, size: GraphSize): Promise<WindowGraph> {
    const { runtime, config } = this.#weights;
    const rows = size.time * size.batch;
    const program = windowScores(this.#weights, size);
    const session = await loadProgram(runtime, program, this.#weights.fixed);
    const buffers = {
      tokens: runtime.allocate("int32", [rows]),
      targets: runtime.allocate("int32", [rows]),
      logProbs: runtime.allocate("float32", [rows]),
      highest: runtime.allocate("float32", [rows]),
      ...(size.hasImages && { features: runtime.allocate("float32", [rows, config.embedDim]) }),
    };
    const { logProbs, highest, ...fed } = buffers;
    const inputs = { ...weightsFor(this.#weights, session.inputNames), ...fed };
    const graph = { binding: session.bind(inputs, { logProbs, highest }), buffers };
    this.#graphs.set(key, graph);
    return graph;
  }
}

/** The windows' tokens but the last, or with `from` 1 but the first, padded with zeros. */
function timeMajor(
  windows: readonly Window[],
  { time, batch }: GraphSize,
  from: 0 | 1,
): Int32Array {
  const rows = new Int32Array(time * batch);
  for (const [sequence, { tokens }] of windows.entries()) {
    for (let at = 0; at < tokens.length - 1; at++) rows[at * batch + sequence] = tokens[at + from]!;
  }
  return rows;
}

function windowScores(
  weights: ModelWeights,
  { time, batch, hasImages }: GraphSize,
): { readonly logProbs: Tensor; readonly highest: Tensor } {
  const { config } = weights;
  const parameters = weights.tensors();
  const rows = time * batch;
  const hidden = decoder(parameters, config, {
    tokens: input("tokens", "int32", [rows]),
    batch,
    mask: constant(causalMask(time), [time, time]),
    images: hasImages ? featureInput(rows, config.embedDim) : undefined,
  });
  const logProbs = logSoftmax(linear(hidden, parameters["lm_head.weight"]!));
  return {
    logProbs: pick(logProbs, input("targets", "int32", [rows])),
    highest: max(logProbs, [-1]),
  };
}
