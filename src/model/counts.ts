import { elementCount } from "../tensor/dtype.ts";
import type { ModelConfig } from "./config.ts";
import { parameterSpecs } from "./parameters.ts";

/** Exact numbers of trained parameters; `total = embedding + nonEmbedding + head`. */
export interface ParameterCounts {
  readonly total: number;
  readonly embedding: number;
  readonly head: number;
  /** Blocks and the final norm. */
  readonly nonEmbedding: number;
}

/** Floating-point operations, a multiply-add counted as two. */
export interface Flops {
  readonly forward: number;
  readonly backward: number;
  readonly total: number;
}

/** Counts the parameters of a model from its tensors' shapes. */
export function parameterCounts(config: ModelConfig): ParameterCounts {
  const counts = { embedding: 0, head: 0, nonEmbedding: 0 };
  for (const { role, shape } of parameterSpecs(config)) {
    counts[role === "embedding" || role === "head" ? role : "nonEmbedding"] += elementCount(shape);
  }
  return { total: counts.embedding + counts.head + counts.nonEmbedding, ...counts };
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
    .filter(({ role }) => role !== "embedding" && role !== "norm")
    .reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const linear = 2 * seqLen * linearParameters;
  const scoresAndValues = 2 * (2 * seqLen * seqLen * config.headDim) * config.heads;
  const forward = linear + config.layers * scoresAndValues;
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
