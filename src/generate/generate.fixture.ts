import type { ModelConfig } from "../model/config.ts";
import { decoder } from "../model/decoder.ts";
import {
  gridPatches,
  gridTokens,
  type ImageGrid,
  patchLength,
  tokenSide,
} from "../model/image/geometry.ts";
import { imageTokens } from "../model/image/image-tokens.ts";
import { patchPlaces, writePatches } from "../model/image/patches.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { visionTower } from "../model/image/tower.ts";
import { initialParameters } from "../model/initialise.ts";
import { parameterSpecs } from "../model/parameters.ts";
import { specialTokens } from "../model/text/special-tokens.ts";
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

/** The tiny model with a vision tower; its context holds a few small images. */
export const tinyVisionConfig: ModelConfig = {
  ...tinyConfig,
  maxSeqLen: 128,
  vision: { embedDim: 16, layers: 2, heads: 2, headDim: 8, mlpDim: 24, longestSide: 1024 },
};

/** An image of random pixels. */
export function randomImage(grid: ImageGrid, seed: number): ImagePixels {
  const random = new Random(seed);
  const length = gridTokens(grid) * tokenSide ** 2 * 3;
  return { grid, data: Uint8Array.from({ length }, () => random.integer(256)) };
}

/** A text with images in it, in their order. */
export type Parts = readonly (string | ImagePixels)[];

/** The tokens of a text with images. */
export function tokensOf(parts: Parts): number[] {
  const tokenizer = byteTokenizer();
  return parts.flatMap((part) =>
    typeof part === "string" ? tokenizer.encode(part) : imageTokens(part.grid, specialTokens),
  );
}

/** The images of a text. */
export function imagesOf(parts: Parts): ImagePixels[] {
  return parts.filter((part) => typeof part !== "string");
}

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

/**
 * Logits of every position by the decoder without a cache, [time, vocabSize]; the tower reads the
 * images in the same graph, side by side in one row.
 */
export async function uncachedLogits(
  weights: ModelWeights,
  tokens: readonly number[],
  images: readonly ImagePixels[] = [],
): Promise<Float32Array> {
  const { runtime, config } = weights;
  const time = tokens.length;
  const parameters = weights.tensors();
  const shown = images.length === 0 ? undefined : shownImages(images);
  const rows = decoder(parameters, config, {
    tokens: input("tokens", "int32", [time]),
    batch: 1,
    mask: constant(causalMask(time), [time, time]),
    images: shown && {
      features: visionTower(parameters, config.vision!, shown),
      places: constant(featurePlaces(tokens, config.vision?.imageToken), [time], "int32"),
    },
  });
  const logitRows = linear(rows, parameters["lm_head.weight"]!);
  const session = await loadProgram(runtime, { logits: logitRows }, weights.fixed);
  const fed = runtime.allocate("int32", [time]);
  await fed.write(Int32Array.from(tokens));
  const logits = runtime.allocate("float32", [time, config.vocabSize]);
  const inputs = { ...weightsFor(weights, session.inputNames), tokens: fed };
  await session.bind(inputs, { logits }).run();
  return (await logits.read()) as Float32Array;
}

/** For each `[IMG]` how many are before it. */
function featurePlaces(
  tokens: readonly number[],
  imageToken: number = specialTokens.image,
): Int32Array {
  let next = 0;
  return Int32Array.from(tokens, (token) => (token === imageToken ? next++ : 0));
}

function shownImages(images: readonly ImagePixels[]) {
  const counts = images.map(({ grid }) => gridPatches(grid));
  const places = counts.reduce((sum, count) => sum + count, 0);
  const patches = new Float32Array(places * patchLength);
  const positions = new Int32Array(places);
  const numbers = new Int32Array(places);
  let first = 0;
  for (const [number, pixels] of images.entries()) {
    writePatches(pixels, patches, first);
    positions.set(patchPlaces(pixels.grid), first);
    first += counts[number]!;
    numbers.fill(number, first - counts[number]!, first);
  }
  return {
    patches: constant(patches, [places, patchLength]),
    positions: constant(positions, [1, places], "int32"),
    images: constant(numbers, [1, places], "int32"),
  };
}
