import { ConfigError } from "../errors.ts";
import { longestPixelSide } from "./image/geometry.ts";

/** The shape of a Pixtral vision tower: RMSNorm, SwiGLU, 2-D RoPE, no biases (arXiv 2410.07073). */
export interface VisionConfig {
  readonly embedDim: number;
  readonly layers: number;
  readonly heads: number;
  /** A multiple of 4: RoPE turns pairs of channels by row and by column. */
  readonly headDim: number;
  readonly mlpDim: number;
  /** Pixels of the longer side of an image at most; larger images are made smaller. */
  readonly longestSide: number;
  /** The id of `[IMG]`, where it is another than in tokenizers that foretoken trains. */
  readonly imageToken?: number;
}

/**
 * The shape of a plain Llama decoder (GQA, RMSNorm, SwiGLU, RoPE, untied head, no biases), with a
 * vision tower before it when it reads images.
 *
 * There is no multiplier in it: what µP scales is in each tensor's initial standard deviation and
 * learning rate (`transfer.ts`), so every checkpoint is a Hugging Face folder as it is: a Llama's, or with a tower a Mistral3's.
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
  /** Only in a model that reads images. */
  readonly vision?: VisionConfig;
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

const visionSizes = [
  "embedDim",
  "layers",
  "heads",
  "headDim",
  "mlpDim",
  "longestSide",
] as const satisfies readonly (keyof VisionConfig)[];

/**
 * Refuses a configuration that no Llama decoder can have.
 *
 * @throws {ConfigError} naming the field, what it must be and what came
 */
export function checkConfig(config: ModelConfig): void {
  for (const name of sizes) checkSize(name, config[name]);
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
  if (config.vision !== undefined) checkVision(config.vision, config.rmsNormEps);
}

function checkVision(vision: VisionConfig, rmsNormEps: number): void {
  if (rmsNormEps !== defaultRmsNormEps) {
    throw new ConfigError(
      `model config: rmsNormEps must be ${defaultRmsNormEps} with a vision tower: transformers takes the projector's from the Llama, other readers fix it; got ${rmsNormEps}`,
    );
  }
  for (const name of visionSizes) checkSize(`vision.${name}`, vision[name]);
  if (vision.headDim % 4 !== 0) {
    throw new ConfigError(
      `model config: vision.headDim must be a multiple of 4, RoPE turns pairs of channels by row and by column, got ${vision.headDim}`,
    );
  }
  if (vision.longestSide > longestPixelSide) {
    throw new ConfigError(
      `model config: vision.longestSide must be at most ${longestPixelSide} pixels, got ${vision.longestSide}`,
    );
  }
  if (vision.heads * vision.headDim !== vision.embedDim) {
    throw new ConfigError(
      `model config: vision.heads * vision.headDim must be vision.embedDim ${vision.embedDim}, got ${vision.heads} * ${vision.headDim}`,
    );
  }
}

function checkSize(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new ConfigError(`model config: ${name} must be a whole number >= 1, got ${value}`);
}
