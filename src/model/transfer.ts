import { elementCount } from "../tensor/dtype.ts";
import type { ModelConfig } from "./config.ts";
import { isVisionParameter, type ParameterSpec } from "./parameters.ts";

/** How one tensor starts and learns. */
export interface TensorRule {
  /** Standard deviation of the normal initial values; norms start at 1 whatever it says. */
  readonly initStd: number;
  /** The tensor's learning rate over the run's. */
  readonly learningRateScale: number;
  /**
   * Whether the tensor decays. A step multiplies it by `1 - learningRate * weightDecay` with the
   * run's scheduled learning rate, *without* `learningRateScale`: a decay is relative to the
   * tensor itself, so it must not shrink with the width (arXiv 2405.13698).
   */
  readonly weightDecay: boolean;
}

/** The constants of the rules, at the base shape; everything else follows from them. */
export interface TransferSettings {
  /** The shape at which every width and depth factor is 1. */
  readonly baseEmbedDim: number;
  readonly baseMlpDim: number;
  readonly baseHeadDim: number;
  readonly baseLayers: number;
  /**
   * a of (baseLayers / layers)^a, the factor on residual branches: 1/2 is Depth-µP
   * (arXiv 2310.02244), 1 is CompleteP (arXiv 2505.01618), 0 leaves depth out.
   */
  readonly depthExponent: number;
  readonly embeddingStd: number;
  /** Hidden matrices start with `hiddenGain / sqrt(fanIn)`. */
  readonly hiddenGain: number;
  /** The same for the query; 0: attention starts uniform at every width (arXiv 2203.03466, D.2). */
  readonly queryGain: number;
  readonly embeddingLearningRate: number;
  readonly normLearningRate: number;
  readonly headLearningRate: number;
  /** Of the image patches' weight, whose fan-in is the same at every width. */
  readonly patchLearningRate: number;
  /** Factor on everything else in the vision tower and the projector. */
  readonly towerLearningRate: number;
}

/**
 * The defaults. The rates of embedding and head and the embedding's spread were measured at width
 * 32 (docs/decisions/2026-11-25-plain-weights.md), those of patches and tower with a decoder of width 80
 * (docs/decisions/2026-11-29-tower-learning-rate.md).
 */
export const transferDefaults: TransferSettings = {
  baseEmbedDim: 64,
  baseMlpDim: 176,
  baseHeadDim: 16,
  baseLayers: 2,
  depthExponent: 0.5,
  embeddingStd: 1,
  hiddenGain: 1,
  queryGain: 0,
  embeddingLearningRate: 16,
  normLearningRate: 1,
  headLearningRate: 4,
  patchLearningRate: 2 / 3,
  towerLearningRate: 1 / 8,
};

/**
 * Initial standard deviation and learning rate of a tensor: µP with a depth rule, for Adam,
 * without multipliers in the forward pass.
 *
 * A multiplier m before a weight W that Adam trains does the same as the plain weight m*W that
 * starts m times as large and learns m times as fast, since Adam's step does not depend on the
 * scale of the gradient (as long as its epsilon is far below that scale).
 *
 * | role | initial std | learning rate |
 * |---|---|---|
 * | embedding | constant | constant |
 * | norm | (1) | in blocks (2/L)^(1-a) |
 * | query | zero | hidden * sqrt(16/headDim) |
 * | patches | 1/sqrt(fanIn) | constant |
 * | hidden | 1/sqrt(fanIn) | base/fanIn * (2/L)^(1-a) |
 * | residual | 1/sqrt(fanIn) * (2/L)^a | base/fanIn * (2/L)^(1-a) * (2/L)^a |
 * | head | zero | constant * base/fanIn |
 *
 * Outside of the blocks the depth factors are 1. A tower counts its own layers and head size, and all
 * of it but the patches learns at `towerLearningRate` times these rates.
 *
 * The query's factor turns Llama's 1/sqrt(headDim) into µP's 1/headDim, equal at headDim 16.
 *
 * @see arXiv 2203.03466, table 8 (µP); 2310.02244 and 2505.01618, table 1 (depth);
 *   2011.14522 (abc-parametrisations)
 */
export function transferRule(
  spec: ParameterSpec,
  config: ModelConfig,
  settings: TransferSettings = transferDefaults,
): TensorRule {
  const fanIn = elementCount(spec.shape.slice(1));
  const stack = isVisionParameter(spec.name) ? config.vision! : config;
  const widthFactor = baseFanIn(spec, settings) / fanIn;
  const hiddenStd = settings.hiddenGain / Math.sqrt(fanIn);
  const isInBlock = spec.name.includes(".layers.");
  const depthRatio = isInBlock ? settings.baseLayers / stack.layers : 1;
  const partRate = stack === config ? 1 : settings.towerLearningRate;
  const blockRate = partRate * depthRatio ** (1 - settings.depthExponent);
  const branchFactor = depthRatio ** settings.depthExponent;
  switch (spec.role) {
    case "embedding":
      return {
        initStd: settings.embeddingStd,
        learningRateScale: settings.embeddingLearningRate,
        weightDecay: false, // rare tokens would only decay; as in OLMo 2, arXiv 2501.00656
      };
    case "norm": {
      return {
        initStd: 0,
        learningRateScale: settings.normLearningRate * blockRate,
        weightDecay: false,
      };
    }
    case "query": {
      const scoreFactor = Math.sqrt(settings.baseHeadDim / stack.headDim);
      return {
        initStd: (settings.queryGain / Math.sqrt(fanIn)) * scoreFactor,
        learningRateScale: widthFactor * blockRate * scoreFactor,
        weightDecay: true,
      };
    }
    case "patches":
      return {
        initStd: hiddenStd,
        learningRateScale: settings.patchLearningRate,
        weightDecay: true,
      };
    case "hidden":
      return { initStd: hiddenStd, learningRateScale: widthFactor * blockRate, weightDecay: true };
    case "residual":
      return {
        initStd: hiddenStd * branchFactor,
        learningRateScale: widthFactor * blockRate * branchFactor,
        weightDecay: true,
      };
    case "head":
      return {
        initStd: 0,
        learningRateScale: settings.headLearningRate * widthFactor,
        weightDecay: true,
      };
  }
}

/** Fan-in of the same tensor in the base model; only down_proj reads the MLP's width. */
function baseFanIn(spec: ParameterSpec, settings: TransferSettings): number {
  return spec.name.includes("down_proj") ? settings.baseMlpDim : settings.baseEmbedDim;
}
