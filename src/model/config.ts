import { ConfigError } from "../errors.ts";

/**
 * The shape of a plain Llama decoder (GQA, RMSNorm, SwiGLU, RoPE, untied head, no biases).
 *
 * There is no multiplier in it: what µP scales is in each tensor's initial standard deviation and
 * learning rate (`transfer.ts`), so every checkpoint is a Hugging Face Llama folder as it is.
 */
export interface ModelConfig {
  readonly vocabSize: number;
  /** Width of the residual stream. */
  readonly embedDim: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads; divides `heads` (GQA, arXiv 2305.13245). */
  readonly kvHeads: number;
  /** Size of one head, even for RoPE; `heads * headDim` may differ from `embedDim`. */
  readonly headDim: number;
  /** Width inside the gated MLP (SwiGLU, arXiv 2002.05202). */
  readonly mlpDim: number;
  /** The longest sequence the model was trained for, in tokens. */
  readonly maxSeqLen: number;
  readonly ropeTheta: number;
  readonly rmsNormEps: number;
}

/** RoPE base of Llama 1 and 2 (arXiv 2104.09864 uses the same); enough for short contexts. */
export const defaultRopeTheta = 10_000;

/** Readers of the Mistral3 family fix it at 1e-5, so ours is that as well. */
export const defaultRmsNormEps = 1e-5;

const sizes = [
  "vocabSize",
  "embedDim",
  "layers",
  "heads",
  "kvHeads",
  "headDim",
  "mlpDim",
  "maxSeqLen",
] as const satisfies readonly (keyof ModelConfig)[];

/**
 * Refuses a configuration that no Llama decoder can have.
 *
 * @throws {ConfigError} naming the field, what it must be and what came
 */
export function checkConfig(config: ModelConfig): void {
  for (const name of sizes) {
    const value = config[name];
    if (!Number.isInteger(value) || value < 1) {
      throw new ConfigError(`model config: ${name} must be a whole number >= 1, got ${value}`);
    }
  }
  for (const name of ["ropeTheta", "rmsNormEps"] as const) {
    const value = config[name];
    if (!(Number.isFinite(value) && value > 0)) {
      throw new ConfigError(`model config: ${name} must be a number above 0, got ${value}`);
    }
  }
  if (config.headDim % 2 !== 0) {
    throw new ConfigError(
      `model config: headDim must be even, RoPE turns pairs of channels, got ${config.headDim}`,
    );
  }
  if (config.heads % config.kvHeads !== 0) {
    throw new ConfigError(
      `model config: heads must be a multiple of kvHeads, got ${config.heads} heads and ${config.kvHeads} kvHeads`,
    );
  }
}
