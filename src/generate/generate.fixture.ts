import { parameterInputs } from "../model/blocks.ts";
import type { ModelConfig } from "../model/config.ts";
import { decoder } from "../model/decoder.ts";
import { initialParameters } from "../model/initialise.ts";
import { parameterSpecs } from "../model/parameters.ts";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { Random } from "../statistics/random.ts";
import { causalMask } from "../tensor/attention.ts";
import { linear } from "../tensor/products.ts";
import { loadProgram } from "../tensor/program.ts";
import type { Runtime } from "../tensor/session.ts";
import { constant, input } from "../tensor/tensor.ts";
import { type ModelWeights, uploadWeights, weightsFor } from "./model-weights.ts";

/** A model of a few thousand parameters over bytes, grouped heads included. */
export const tinyConfig: ModelConfig = {
  vocabSize: byteTokenizer().vocabSize,
  embedDim: 32,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  mlpDim: 48,
  maxSeqLen: 64,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
};

/**
 * Random parameters, also where training begins with zeros (queries and head), large enough for
 * logits that differ by whole nats.
 */
export function tinyParameters(
  config: ModelConfig = tinyConfig,
  seed = 1,
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const initial = initialParameters(config, seed);
  const random = new Random(seed);
  return new Map(
    parameterSpecs(config).map(({ name, shape, role }) => {
      const isNorm = role === "norm";
      const scale = role === "embedding" ? 1 : 2 * shape.at(-1)! ** -0.5;
      const data = isNorm ? initial[name]! : initial[name]!.map(() => scale * random.normal());
      return [name, { shape, data }];
    }),
  );
}

/** The tiny model on a runtime. */
export function tinyWeights(
  runtime: Runtime,
  config: ModelConfig = tinyConfig,
): Promise<ModelWeights> {
  return uploadWeights(runtime, config, tinyParameters(config));
}

/** Logits of every position by the decoder without a cache, [time, vocabSize]. */
export async function uncachedLogits(
  weights: ModelWeights,
  tokens: readonly number[],
): Promise<Float32Array> {
  const { runtime, config } = weights;
  const time = tokens.length;
  const parameters = parameterInputs(config);
  const rows = decoder(parameters, config, {
    tokens: input("tokens", "int32", [time]),
    batch: 1,
    mask: constant(causalMask(time), [time, time]),
  });
  const session = await loadProgram(runtime, {
    logits: linear(rows, parameters["lm_head.weight"]!),
  });
  const fed = runtime.allocate("int32", [time]);
  await fed.write(Int32Array.from(tokens));
  const logits = runtime.allocate("float32", [time, config.vocabSize]);
  const inputs = { ...weightsFor(weights, session.inputNames), tokens: fed };
  await session.bind(inputs, { logits }).run();
  return (await logits.read()) as Float32Array;
}
