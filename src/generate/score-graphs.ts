import { decoder } from "../model/decoder.ts";
import { maskedScore } from "../tensor/attention.ts";
import { gather, pick } from "../tensor/indexing.ts";
import { logSoftmax } from "../tensor/normalisation.ts";
import { linear } from "../tensor/products.ts";
import { loadProgram } from "../tensor/program.ts";
import { max } from "../tensor/reductions.ts";
import type { Binding, Buffer } from "../tensor/session.ts";
import { input, type Tensor } from "../tensor/tensor.ts";
import { Turns } from "../workspace/turns.ts";
import { featureInput } from "./feature-input.ts";
import { type ModelWeights, weightsFor } from "./model-weights.ts";

/** What a model finds of the tokens of a text, in their order. */
export interface TokenScores {
  /** Natural logarithm of each one's probability after those before it. */
  readonly logProbs: readonly number[];
  /** Whether each one was the likeliest of all. */
  readonly isLikeliest: readonly boolean[];
}

/** Few sizes, so that few graphs are made. */
const shortestTime = 16;
const fewestScored = 16;

/** Rows of a graph: the prompt is read again for texts that do not fit behind it. */
const mostRows = 2048;

interface GraphSize {
  /** Rows of the prompt and all texts. */
  readonly time: number;
  /** Tokens that are scored. */
  readonly scored: number;
  readonly hasImages: boolean;
}

interface ScoreGraph {
  readonly binding: Binding;
  readonly buffers: {
    readonly tokens: Buffer;
    readonly positions: Buffer;
    readonly mask: Buffer;
    readonly rows: Buffer;
    readonly targets: Buffer;
    readonly logProbs: Buffer;
    /** Of the likeliest token. */
    readonly highest: Buffer;
    readonly features?: Buffer;
  };
}

/** What texts go on from. */
export interface ScoredPrompt {
  /** At least one. */
  readonly tokens: readonly number[];
  /**
   * [rows, embedDim], read where a token is `[IMG]`, rows of a single text behind the prompt's
   * included; undefined: none is.
   */
  readonly features: Float32Array | undefined;
}

/**
 * The decoder over a prompt and texts that each go on from it: the prompt is read once, and each text
 * sees it and itself. Only the texts' tokens get logits, since a vocabulary is large. The graphs of all sizes are kept.
 */
export class ScoreGraphs {
  readonly #weights: ModelWeights;
  readonly #graphs = new Map<string, ScoreGraph>();
  readonly #turns = new Turns();

  constructor(weights: ModelWeights) {
    this.#weights = weights;
  }

  /**
   * The scores of each text's tokens. Which texts are given together changes roundings only.
   *
   * @param texts - tokens of each, at least one
   */
  async scores(
    prompt: ScoredPrompt,
    texts: readonly (readonly number[])[],
  ): Promise<TokenScores[]> {
    const results: TokenScores[] = [];
    for (const together of fitting(prompt.tokens.length, texts)) {
      results.push(...(await this.#turns.take(() => this.#run(prompt, together))));
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

  async #run(
    { tokens, features }: ScoredPrompt,
    texts: readonly (readonly number[])[],
  ): Promise<TokenScores[]> {
    const rows = branchRows(tokens, texts);
    const size = {
      time: powerOfTwo(rows.tokens.length, shortestTime),
      scored: powerOfTwo(rows.targets.length, fewestScored),
      hasImages: features !== undefined,
    };
    const key = `${size.time} ${size.scored} ${size.hasImages}`;
    const { binding, buffers } = this.#graphs.get(key) ?? (await this.#open(key, size));
    await buffers.tokens.write(padded(rows.tokens, size.time));
    await buffers.positions.write(BigInt64Array.from(padded(rows.positions, size.time), BigInt));
    await buffers.mask.write(branchMask(tokens.length, rows.branches, size.time));
    await buffers.rows.write(padded(rows.rows, size.scored));
    await buffers.targets.write(padded(rows.targets, size.scored));
    if (features !== undefined) await buffers.features!.write(this.#features(features, size));
    await binding.run();
    const logProbs = (await buffers.logProbs.read()) as Float32Array;
    const highest = (await buffers.highest.read()) as Float32Array;
    let start = 0;
    return texts.map((text) => {
      const own = text.map((_, i) => start + i);
      start += text.length;
      return {
        logProbs: own.map((at) => logProbs[at]!),
        isLikeliest: own.map((at) => logProbs[at] === highest[at]),
      };
    });
  }

  #features(features: Float32Array, { time }: GraphSize): Float32Array {
    const rows = new Float32Array(time * this.#weights.config.embedDim);
    rows.set(features);
    return rows;
  }

  async #open(key: string, size: GraphSize): Promise<ScoreGraph> {
    const { runtime, config } = this.#weights;
    const { time, scored } = size;
    const session = await loadProgram(
      runtime,
      branchScores(this.#weights, size),
      this.#weights.fixed,
    );
    const buffers = {
      tokens: runtime.allocate("int32", [time]),
      positions: runtime.allocate("int64", [time]),
      mask: runtime.allocate("float32", [time, time]),
      rows: runtime.allocate("int32", [scored]),
      targets: runtime.allocate("int32", [scored]),
      logProbs: runtime.allocate("float32", [scored]),
      highest: runtime.allocate("float32", [scored]),
      ...(size.hasImages && { features: runtime.allocate("float32", [time, config.embedDim]) }),
    };
    const { logProbs, highest, ...fed } = buffers;
    const inputs = { ...weightsFor(this.#weights, session.inputNames), ...fed };
    const graph = { binding: session.bind(inputs, { logProbs, highest }), buffers };
    this.#graphs.set(key, graph);
    return graph;
  }
}

/** Texts in their order, as many together as fit behind the prompt; one always does. */
function fitting(
  promptLength: number,
  texts: readonly (readonly number[])[],
): (readonly number[])[][] {
  const groups: (readonly number[])[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    rows += text.length - 1;
    if (rows > mostRows) {
      groups.push([]);
      rows = promptLength + text.length - 1;
    }
    groups.at(-1)!.push(text);
  }
  return groups;
}

/**
 * The prompt's rows, then those of each text but its last token, which predicts nothing that is asked
 * for.
 *
 * @returns `rows`: which row predicts each token of `targets`; `branches`: which text each row behind the
 *   prompt is of
 */
function branchRows(prompt: readonly number[], texts: readonly (readonly number[])[]) {
  const tokens = [...prompt];
  const positions = prompt.map((_, at) => at);
  const branches: number[] = [];
  const rows: number[] = [];
  const targets: number[] = [];
  for (const [branch, text] of texts.entries()) {
    for (const [i, token] of text.entries()) {
      rows.push(i === 0 ? prompt.length - 1 : tokens.length - 1);
      targets.push(token);
      if (i === text.length - 1) continue;
      tokens.push(token);
      positions.push(prompt.length + i);
      branches.push(branch);
    }
  }
  return { tokens, positions, branches, rows, targets };
}

/** [time, time]: 0 where a row sees another, the prompt's and those of its own text up to itself. */
function branchMask(promptLength: number, branches: readonly number[], time: number): Float32Array {
  const mask = new Float32Array(time * time).fill(maskedScore);
  for (let row = 0; row < time; row++) {
    const start = row * time;
    const branch = branches[row - promptLength];
    mask.fill(0, start, start + Math.min(promptLength, row + 1));
    for (let at = promptLength; at <= row; at++) {
      if (branches[at - promptLength] === branch) mask[start + at] = 0;
    }
  }
  return mask;
}

function padded(values: readonly number[], length: number): Int32Array {
  const rows = new Int32Array(length);
  rows.set(values);
  return rows;
}

function powerOfTwo(count: number, least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(least, count)));
}

function branchScores(
  weights: ModelWeights,
  { time, scored, hasImages }: GraphSize,
): { readonly logProbs: Tensor; readonly highest: Tensor } {
  const { config } = weights;
  const parameters = weights.tensors();
  const hidden = decoder(parameters, config, {
    tokens: input("tokens", "int32", [time]),
    batch: 1,
    mask: input("mask", "float32", [time, time]),
    positions: input("positions", "int64", [time]),
    images: hasImages ? featureInput(time, config.embedDim) : undefined,
  });
  const kept = gather(hidden, input("rows", "int32", [scored]));
  const logProbs = logSoftmax(linear(kept, parameters["lm_head.weight"]!));
  return {
    logProbs: pick(logProbs, input("targets", "int32", [scored])),
    highest: max(logProbs, [-1]),
  };
}
