import { parameterInputs } from "../model/blocks.ts";
import type { ModelConfig } from "../model/config.ts";
import { decoder } from "../model/decoder.ts";
import { causalMask } from "../tensor/attention.ts";
import { pick } from "../tensor/indexing.ts";
import { logSoftmax } from "../tensor/normalisation.ts";
import { linear } from "../tensor/products.ts";
import { loadProgram } from "../tensor/program.ts";
import type { Binding, Buffer } from "../tensor/session.ts";
import { constant, input, type Tensor } from "../tensor/tensor.ts";
import { featureInput } from "./feature-input.ts";
import { type ModelWeights, weightsFor } from "./model-weights.ts";
import { Turns } from "./turns.ts";

/** Tokens whose probabilities are computed at once. */
export interface Window {
  /** At least two, at most `maxSeqLen` + 1. */
  readonly tokens: readonly number[];
  /** [tokens - 1, embedDim], read where a token but the last is `[IMG]`; undefined: none is. */
  readonly features: Float32Array | undefined;
}

interface WindowGraph {
  readonly time: number;
  readonly binding: Binding;
  readonly buffers: {
    readonly tokens: Buffer;
    readonly targets: Buffer;
    readonly logProbs: Buffer;
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

  /** Natural logarithms of the probabilities of a window's tokens but the first. */
  logProbs(window: Window): Promise<number[]> {
    return this.#turns.take(() => this.#run(window));
  }

  /** Frees the graphs' memory; the weights stay. */
  release(): void {
    for (const { binding, buffers } of this.#graphs.values()) {
      binding.release();
      for (const buffer of Object.values(buffers)) buffer.release();
    }
  }

  async #run({ tokens, features }: Window): Promise<number[]> {
    const count = tokens.length - 1;
    const { time, binding, buffers } = await this.#graphFor(count, features !== undefined);
    const padded = (values: readonly number[]) => {
      const array = new Int32Array(time);
      array.set(values);
      return array;
    };
    await buffers.tokens.write(padded(tokens.slice(0, -1)));
    await buffers.targets.write(padded(tokens.slice(1)));
    if (features !== undefined) await buffers.features!.view([features.length]).write(features);
    await binding.run();
    return Array.from((await buffers.logProbs.read()) as Float32Array).slice(0, count);
  }

  async #graphFor(count: number, hasImages: boolean): Promise<WindowGraph> {
    const { maxSeqLen } = this.#weights.config;
    // Few sizes, so that few graphs are made; what is padded comes after all that is scored.
    const time = Math.min(maxSeqLen, 2 ** Math.ceil(Math.log2(Math.max(16, count))));
    const key = `${time} ${hasImages}`;
    const graph = this.#graphs.get(key) ?? (await this.#open(time, hasImages));
    this.#graphs.set(key, graph);
    return graph;
  }

  async #open(time: number, hasImages: boolean): Promise<WindowGraph> {
    const { runtime, config } = this.#weights;
    const program = { logProbs: windowLogProbs(config, time, hasImages) };
    const session = await loadProgram(runtime, program);
    const buffers = {
      tokens: runtime.allocate("int32", [time]),
      targets: runtime.allocate("int32", [time]),
      logProbs: runtime.allocate("float32", [time]),
      ...(hasImages && { features: runtime.allocate("float32", [time, config.embedDim]) }),
    };
    const { logProbs, ...fed } = buffers;
    const inputs = { ...weightsFor(this.#weights, session.inputNames), ...fed };
    return { time, binding: session.bind(inputs, { logProbs }), buffers };
  }
}

function windowLogProbs(config: ModelConfig, time: number, hasImages: boolean): Tensor {
  const parameters = parameterInputs(config);
  const hidden = decoder(parameters, config, {
    tokens: input("tokens", "int32", [time]),
    batch: 1,
    mask: constant(causalMask(time), [time, time]),
    images: hasImages ? featureInput(time, config.embedDim) : undefined,
  });
  const logits = linear(hidden, parameters["lm_head.weight"]!);
  return pick(logSoftmax(logits), input("targets", "int32", [time]));
}
