import { ModelError } from "../errors.ts";
import { parameterInputs } from "../model/blocks.ts";
import type { ModelConfig } from "../model/config.ts";
import { decoder } from "../model/decoder.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import { causalMask } from "../tensor/attention.ts";
import { pick } from "../tensor/indexing.ts";
import { logSoftmax } from "../tensor/normalisation.ts";
import { linear } from "../tensor/products.ts";
import { loadProgram } from "../tensor/program.ts";
import { constant, input, type Tensor } from "../tensor/tensor.ts";
import { type ModelWeights, weightsFor } from "./model-weights.ts";

/** How likely a model finds a text. */
export interface TextScore {
  readonly tokens: readonly number[];
  /** Natural logarithm of each token's probability after those before it, from the second on. */
  readonly logProbs: readonly number[];
  /** Negative mean of `logProbs`. */
  readonly lossNats: number;
  /**
   * The sum of the losses in bits over the bytes of the scored tokens; special tokens have none, as
   * in the losses of training. Null when there is no byte.
   */
  readonly bitsPerByte: number | null;
}

/** What scores. */
export interface Scorer {
  readonly weights: ModelWeights;
  readonly tokenizer: Tokenizer;
}

/** Logits of a window are computed at once: longer ones cost memory without telling much more. */
const longestWindow = 2048;

/**
 * Log-probabilities of all tokens but the first, by the decoder without a cache.
 *
 * A text longer than the model's context is read in windows of that length, each half a window
 * further: a token is scored once, after at least half a context of those before it.
 *
 * @throws {ModelError} when there are fewer than two tokens, or one that the model does not have
 */
export async function scoreTokens(
  { weights, tokenizer }: Scorer,
  tokens: readonly number[],
): Promise<TextScore> {
  checkTokens(tokens, tokenizer.vocabSize);
  const length = Math.min(weights.config.maxSeqLen, longestWindow);
  const logProbs: number[] = [];
  const graph = await openWindowGraph(weights, Math.min(length, tokens.length - 1));
  try {
    while (logProbs.length < tokens.length - 1) {
      const scored = logProbs.length;
      const start = scored === 0 ? 0 : Math.max(0, scored - Math.floor(length / 2));
      const window = tokens.slice(start, start + length + 1);
      logProbs.push(...(await graph.run(window)).slice(scored - start));
    }
  } finally {
    graph.release();
  }
  const total = -logProbs.reduce((sum, value) => sum + value, 0);
  const bytes = tokenizer.decodeBytes(tokens.slice(1), { skipSpecial: true }).length;
  return {
    tokens,
    logProbs,
    lossNats: total / logProbs.length,
    bitsPerByte: bytes === 0 ? null : total / Math.LN2 / bytes,
  };
}

function checkTokens(tokens: readonly number[], vocabSize: number): void {
  if (tokens.length < 2) {
    throw new ModelError(
      `score: expected at least two tokens, because the first has nothing before it, got ${tokens.length}`,
    );
  }
  const unknown = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (unknown !== undefined) {
    throw new ModelError(`score: expected tokens from 0 to ${vocabSize - 1}, got ${unknown}`);
  }
}

interface WindowGraph {
  /** Log-probabilities of a window's tokens but the first. */
  run(window: readonly number[]): Promise<number[]>;
  release(): void;
}

/** The decoder over windows of at most `longest` + 1 tokens. */
async function openWindowGraph(weights: ModelWeights, longest: number): Promise<WindowGraph> {
  const { runtime, config } = weights;
  // Few sizes, so that few graphs are made; what is padded comes after all that is scored.
  const time = Math.min(config.maxSeqLen, 2 ** Math.ceil(Math.log2(Math.max(16, longest))));
  const session = await loadProgram(runtime, { logProbs: windowLogProbs(config, time) });
  const tokens = runtime.allocate("int32", [time]);
  const targets = runtime.allocate("int32", [time]);
  const logProbs = runtime.allocate("float32", [time]);
  const inputs = { ...weightsFor(weights, session.inputNames), tokens, targets };
  const binding = session.bind(inputs, { logProbs });
  const padded = (values: readonly number[]) => {
    const array = new Int32Array(time);
    array.set(values);
    return array;
  };
  return {
    async run(window) {
      await tokens.write(padded(window.slice(0, -1)));
      await targets.write(padded(window.slice(1)));
      await binding.run();
      return Array.from((await logProbs.read()) as Float32Array).slice(0, window.length - 1);
    },
    release() {
      binding.release();
      for (const buffer of [tokens, targets, logProbs]) buffer.release();
    },
  };
}

function windowLogProbs(config: ModelConfig, time: number): Tensor {
  const parameters = parameterInputs(config);
  const hidden = decoder(parameters, config, {
    tokens: input("tokens", "int32", [time]),
    batch: 1,
    mask: constant(causalMask(time), [time, time]),
  });
  const logits = linear(hidden, parameters["lm_head.weight"]!);
  return pick(logSoftmax(logits), input("targets", "int32", [time]));
}
