import { ConfigError } from "../errors.ts";
import {
  defaultRmsNormEps,
  defaultRopeTheta,
  type ModelConfig,
  type VisionConfig,
} from "./config.ts";
import { parameterCounts } from "./counts.ts";
import { ladderShapes } from "./ladder-shapes.ts";

/** Everything a training run needs, derived from one number. */
export interface Dial {
  readonly depth: number;
  readonly model: ModelConfig;
  /** Sequences per optimizer step. */
  readonly batchSize: number;
  /** Tokens per sequence. */
  readonly seqLen: number;
  /** Peak learning rate of the run; each tensor scales it by its transfer rule. */
  readonly learningRate: number;
  /** Decoupled: a step multiplies decaying tensors by 1 - (scheduled learning rate) * weightDecay. */
  readonly weightDecay: number;
  readonly steps: number;
  /** Tokens of the whole run, `steps * batchSize * seqLen`. */
  readonly tokens: number;
  /** Steps of linear rise from 0; between rise and decay the learning rate is constant. */
  readonly warmupSteps: number;
  /** Last steps, of linear fall to 0. */
  readonly decaySteps: number;
}

/** What the dial does not decide. */
export interface DialSettings {
  readonly vocabSize: number;
  /** Pixels of the longer side of images; left out: the model gets no vision tower. */
  readonly longestImageSide?: number | undefined;
  readonly seqLen?: number;
  readonly tokensPerParameter?: number;
}

/** The constants of the dial: all that is to be tuned stands here. */
const dialRules = {
  /** Context of the laptop ladder (own prototype, 2026). */
  seqLen: 128,
  /** Tokens per parameter of blocks and head; compute-optimal in arXiv 2203.15556. */
  tokensPerParameter: 20,
  /**
   * Batch in tokens = factor * tokens^exponent. Step Law's exponent (arXiv 2503.04715); the factor
   * goes through the prototype's batches: 512 below 0.7M tokens, 1,024, 2,048 from 2.5M, 4,096
   * from 8M.
   */
  batchFactor: 0.333,
  batchExponent: 0.571,
  /**
   * Peak learning rate at `batchTokens` and `tokens`, for the base width of `transfer.ts`; swept
   * at depths 1 to 8 (lab log, 2026-11-25).
   */
  learningRate: { value: 0.01, batchTokens: 1024, tokens: 1e6 },
  /** Adam's noise scale: the learning rate grows with the root of the batch (arXiv 2205.10287). */
  batchRateExponent: 0.5,
  /** A longer run wants a lower rate: 0.3 in Marin's Delphi, 0.32 in arXiv 2409.19913. */
  horizonExponent: 0.3,
  /**
   * learningRate * weightDecay * steps, the number of memory lengths of AdamW's moving average in
   * a run, the same for every size (arXiv 2405.13698).
   */
  decayPerRun: 1,
  /** Shares of the steps; the prototype's: constant to half, then linear to 0. */
  warmupShare: 0.02,
  decayShare: 0.5,
  /** The tower's width and layers over the decoder's. */
  towerWidthShare: 0.5,
  towerLayerShare: 0.75,
} as const;

/**
 * Derives model, batch, learning rate and horizon from one depth.
 *
 * Neighbouring depths differ in training compute by at most 3x, so that a ladder has its rungs;
 * `depth` is the place in `ladderShapes`, not the number of layers.
 *
 * @param depth - 1 (about 7k parameters in the blocks) to `maxDepth` (about 100M)
 * @throws {ConfigError} for a depth, vocabulary, sequence length or horizon out of range
 */
export function dial(depth: number, settings: DialSettings): Dial {
  const seqLen = settings.seqLen ?? dialRules.seqLen;
  const tokensPerParameter = settings.tokensPerParameter ?? dialRules.tokensPerParameter;
  checkSettings({ vocabSize: settings.vocabSize, seqLen });
  if (!(Number.isFinite(tokensPerParameter) && tokensPerParameter > 0)) {
    throw new ConfigError(
      `dial: tokensPerParameter must be a number above 0, got ${tokensPerParameter}`,
    );
  }
  const text = modelOfDepth(depth, settings.vocabSize, seqLen);
  const { longestImageSide: side } = settings;
  const model = side === undefined ? text : { ...text, vision: towerFor(text, side) };
  const { nonEmbedding, head } = parameterCounts(model);
  const horizon = tokensPerParameter * (nonEmbedding + head);
  const batchSize = batchSizeFor(horizon, seqLen);
  const steps = Math.ceil(horizon / (batchSize * seqLen));
  const tokens = steps * batchSize * seqLen;
  const learningRate = learningRateFor(batchSize * seqLen, tokens);
  return {
    depth,
    model,
    batchSize,
    seqLen,
    learningRate,
    weightDecay: dialRules.decayPerRun / (learningRate * steps),
    steps,
    tokens,
    warmupSteps: Math.min(steps, Math.max(1, Math.round(dialRules.warmupShare * steps))),
    decaySteps: Math.floor(dialRules.decayShare * steps),
  };
}

/** The largest depth of the dial. */
export const maxDepth = ladderShapes.length;

/**
 * The model at a depth.
 *
 * @param seqLen - the longest sequence it is made for
 * @throws {ConfigError} for a depth that the dial does not have
 */
function modelOfDepth(depth: number, vocabSize: number, seqLen: number): ModelConfig {
  const shape = ladderShapes[depth - 1];
  if (shape === undefined) {
    throw new ConfigError(`--depth must be a whole number from 1 to ${maxDepth}, got ${depth}`);
  }
  const [embedDim, layers] = shape;
  const headDim = headDimFor(embedDim);
  const heads = headsFor(embedDim, headDim);
  return {
    vocabSize,
    embedDim,
    layers,
    heads,
    kvHeads: heads >= 4 ? heads / 2 : heads,
    headDim,
    mlpDim: mlpDimFor(embedDim),
    maxSeqLen: seqLen,
    ropeTheta: defaultRopeTheta,
    rmsNormEps: defaultRmsNormEps,
  };
}

/** The vision tower before a decoder of this width and depth, for images of a longest side in pixels. */
export function towerFor(
  { embedDim, layers }: Pick<ModelConfig, "embedDim" | "layers">,
  longestSide: number,
): VisionConfig {
  const headDim = headDimFor(embedDim * dialRules.towerWidthShare);
  const heads = Math.max(1, Math.round((embedDim * dialRules.towerWidthShare) / headDim));
  const width = heads * headDim;
  return {
    embedDim: width,
    layers: Math.max(1, Math.round(layers * dialRules.towerLayerShare)),
    heads,
    headDim,
    mlpDim: mlpDimFor(width),
    longestSide,
  };
}

/** Sequences per step: the power rule of `dialRules`, rounded to whole sequences. */
export function batchSizeFor(tokens: number, seqLen: number): number {
  const batchTokens = dialRules.batchFactor * tokens ** dialRules.batchExponent;
  return Math.max(1, Math.round(batchTokens / seqLen));
}

/** Peak learning rate for a batch and a horizon, both in tokens. */
export function learningRateFor(batchTokens: number, tokens: number): number {
  const base = dialRules.learningRate;
  const batchFactor = (batchTokens / base.batchTokens) ** dialRules.batchRateExponent;
  const horizonFactor = (base.tokens / tokens) ** dialRules.horizonExponent;
  return base.value * batchFactor * horizonFactor;
}

/** 64 where the width gives at least six heads of it, less in small models. */
function headDimFor(embedDim: number): number {
  if (embedDim < 128) return 16;
  return embedDim < 384 ? 32 : 64;
}

/** As many heads as fit into the width; even from four on, so that two share a key head. */
function headsFor(embedDim: number, headDim: number): number {
  const fitting = Math.max(1, Math.floor(embedDim / headDim));
  return fitting < 4 ? fitting : fitting - (fitting % 2);
}

/** 8/3 of the width, which gives a gated MLP the size of a plain one of 4 (arXiv 2002.05202). */
function mlpDimFor(embedDim: number): number {
  const multiple = embedDim < 192 ? 16 : 32; // rows of 32 pack into llama.cpp's Q8_0 and Q4_0
  return Math.round((8 * embedDim) / 3 / multiple) * multiple;
}

function checkSettings(sizes: { readonly vocabSize: number; readonly seqLen: number }): void {
  for (const [name, value] of Object.entries(sizes)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ConfigError(`dial: ${name} must be a whole number >= 1, got ${value}`);
    }
  }
}
