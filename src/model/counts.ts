import { elementCount } from "../tensor/dtype.ts";
import type { ModelConfig } from "./config.ts";
import { gridPatches, gridTokens, type ImageGrid } from "./image/geometry.ts";
import { isVisionParameter, type ParameterSpec, parameterSpecs } from "./parameters.ts";

/** Exact numbers of trained parameters; `total = embedding + nonEmbedding + head + vision`. */
export interface ParameterCounts {
  readonly total: number;
  readonly embedding: number;
  readonly head: number;
  /** Blocks and the final norm. */
  readonly nonEmbedding: number;
  /** Vision tower and projector; 0 in a model that reads no images. */
  readonly vision: number;
}

/** Floating-point operations, a multiply-add counted as two. */
export interface Flops {
  readonly forward: number;
  readonly backward: number;
  readonly total: number;
}

/** Counts the parameters of a model from its tensors' shapes. */
export function parameterCounts(config: ModelConfig): ParameterCounts {
  const counts = { embedding: 0, head: 0, nonEmbedding: 0, vision: 0 };
  for (const spec of parameterSpecs(config)) counts[partOf(spec)] += elementCount(spec.shape);
  const total = counts.embedding + counts.head + counts.nonEmbedding + counts.vision;
  return { total, ...counts };
}

function partOf({ name, role }: ParameterSpec): Exclude<keyof ParameterCounts, "total"> {
  if (isVisionParameter(name)) return "vision";
  return role === "embedding" || role === "head" ? role : "nonEmbedding";
}

/**
 * Exact matrix-product FLOPs of one training sequence: `2*m*n*k` for each product of the linear
 * layers, of attention and of the head.
 *
 * Attention counts the whole T x T square, since that is what is computed under the causal mask.
 * Embedding gathers are 0; elementwise work, norms, softmax and the optimizer are left out. The
 * backward pass makes two products (gradient of input, gradient of weight) out of each forward
 * one, also in attention (dV and dP, dQ and dK), hence twice the forward FLOPs; nothing is
 * recomputed.
 *
 * @param seqLen - T, tokens of the sequence
 */
export function flopsPerSequence(config: ModelConfig, seqLen: number): Flops {
  const linearParameters = parameterSpecs(config)
    .filter(({ name, role }) => role !== "embedding" && role !== "norm" && !isVisionParameter(name))
    .reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const linear = 2 * seqLen * linearParameters;
  const scoresAndValues = 2 * (2 * seqLen * seqLen * config.headDim) * config.heads;
  return withBackward(linear + config.layers * scoresAndValues);
}

/**
 * Exact matrix-product FLOPs of one image in training, from its pixels to the rows that stand in
 * the text; its positions in the text are counted by `flopsPerSequence`.
 *
 * Attention counts the image's own square of patches: what packing adds for the other images of a
 * row is not the model's. The pixels have no gradient, so patches cost one product less backward.
 *
 * @returns zeros for a model that reads no images
 */
export function flopsPerImage(config: ModelConfig, grid: ImageGrid): Flops {
  const { vision } = config;
  if (vision === undefined) return { forward: 0, backward: 0, total: 0 };
  const patches = gridPatches(grid);
  const product = (name: string, rows: number) =>
    parameterSpecs(config)
      .filter((spec) => spec.name.startsWith(name) && spec.role !== "norm")
      .reduce((sum, { shape }) => sum + 2 * rows * elementCount(shape), 0);
  const pixels = product("vision_tower.patch_conv", patches);
  const blocks = product("vision_tower.transformer", patches);
  const scoresAndValues = vision.layers * 4 * patches * patches * vision.embedDim;
  const projector = product("multi_modal_projector", gridTokens(grid));
  const { forward, backward } = withBackward(pixels + blocks + scoresAndValues + projector);
  return { forward, backward: backward - pixels, total: forward + backward - pixels };
}

function withBackward(forward: number): Flops {
  return { forward, backward: 2 * forward, total: 3 * forward };
}

/**
 * The usual estimate 6*N*D, with N the blocks, the final norm and the head.
 *
 * The embedding is a gather and stays out; the head is a product and stays in, which matters in
 * small models (arXiv 2406.19146: leaving the head out bends the law).
 *
 * @param tokens - D, tokens seen in training
 */
export function flops6nd(config: ModelConfig, tokens: number): number {
  const { nonEmbedding, head } = parameterCounts(config);
  return 6 * (nonEmbedding + head) * tokens;
}
