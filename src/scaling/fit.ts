import { median } from "../statistics/quantile.ts";
import { type FitData, fitData, powerObjective } from "./_power-objective.ts";
import { freeStarts, zeroStart } from "./_power-starts.ts";
import { type ComputeLevel, checkLevels, computeLevels, type LadderPoint } from "./levels.ts";
import { type LossLaw, lossAt } from "./loss-law.ts";
import { type Minimum, minimize } from "./minimize.ts";
import { ScalingRefusal } from "./refusal.ts";

/** How a law is fitted. */
export interface FitSettings {
  /** Whether the irreducible loss c is fitted or held at zero. */
  readonly irreducible: "free" | "zero";
  /** Huber's delta on log residuals; `auto` measures it; Infinity is least squares. */
  readonly delta: number | "auto";
  /** Number of starts of the search. */
  readonly starts: number;
}

/** A fitted law and how far the fit can be trusted. */
export interface LossLawFit {
  readonly law: LossLaw;
  readonly irreducible: FitSettings["irreducible"];
  /** Whether c was free and ended at its bound, zero: it cannot be told from these runs. */
  readonly isAtBound: boolean;
  /** Sum over levels of Huber's loss of the log residuals. */
  readonly objective: { readonly value: number; readonly delta: number };
  readonly starts: { readonly tried: number; readonly reachedBest: number };
  /** Largest absolute component of the objective's gradient at the end. */
  readonly gradientNorm: number;
  readonly levels: readonly ComputeLevel[];
  /** log(predicted) - log(observed) of each level. */
  readonly residuals: readonly number[];
}

/** What a plain call uses. */
export const defaultFitSettings: FitSettings = { irreducible: "free", delta: "auto", starts: 24 };

// Objectives this close count as the same optimum.
const sameObjective = 1e-6;
// Below this share of the smallest loss, c is zero.
const leastShare = 1e-6;
// 1.345 standard deviations give 95 % efficiency on normal residuals (Huber 1981); 1.4826 turns
// the median absolute deviation into a standard deviation.
const deltaPerDeviation = 1.345 * 1.4826;
/** The field's fixed delta (Hoffmann et al. 2022), here the least that `auto` gives. */
const leastDelta = 1e-3;

/**
 * Fits L(C) = a C^b + c to the mean losses of compute levels by the robust multi-start fit.
 *
 * @throws {ScalingRefusal} `not-finite`, `too-few-levels`, `narrow-span`; `no-descent` when the
 *   loss does not fall with compute
 */
export function fitLossLaw(
  points: readonly LadderPoint[],
  settings: Partial<FitSettings> = {},
): LossLawFit {
  const levels = computeLevels(points);
  checkLevels(levels);
  const fit = fitLevels(levels, { ...defaultFitSettings, ...settings });
  if (fit.law.b > -1e-4) {
    throw new ScalingRefusal(
      "no-descent",
      `Loss law: expected the loss to fall with compute, got exponent ${fit.law.b.toExponential(2)}. Check the learning rates of the larger rungs.`,
    );
  }
  return fit;
}

/**
 * As `fitLossLaw`, for levels that were checked, or for a part of them.
 *
 * @param weights - how often each level counts; 1 each when absent
 */
export function fitLevels(
  levels: readonly ComputeLevel[],
  settings: FitSettings,
  weights?: readonly number[],
): LossLawFit {
  const data = fitData(levels, weights);
  const delta = settings.delta === "auto" ? automaticDelta(data, settings) : settings.delta;
  const best = fitAt(data, delta, settings);
  const law = lawOf(best.minimum, data);
  return {
    law,
    irreducible: settings.irreducible,
    isAtBound: settings.irreducible === "free" && law.c === 0,
    objective: { value: best.minimum.value, delta },
    starts: best.starts,
    gradientNorm: best.minimum.gradientNorm,
    levels,
    residuals: levels.map(({ flops, lossNats }) => Math.log(lossAt(law, flops) / lossNats)),
  };
}

// The residuals' scale does not ask for the very best optimum.
const firstStarts = 8;

/** 1.345 robust standard deviations of the residuals of a fit with the least delta. */
function automaticDelta(data: FitData, settings: FitSettings): number {
  const first = lawOf(fitAt(data, leastDelta, { ...settings, starts: firstStarts }).minimum, data);
  const sizes = Array.from(data.x, (x, i) =>
    Math.abs(Math.log(lossAt(first, Math.exp(x + data.centre))) - data.y[i]!),
  );
  return Math.max(leastDelta, deltaPerDeviation * median(sizes));
}

interface Search {
  readonly minimum: Minimum;
  readonly starts: LossLawFit["starts"];
}

function fitAt(data: FitData, delta: number, settings: FitSettings): Search {
  const objective = powerObjective(data, delta);
  const zero = minimize(objective, zeroStart(data));
  if (settings.irreducible === "zero") {
    return { minimum: zero, starts: { tried: 1, reachedBest: 1 } };
  }
  const ends = freeStarts(data, settings.starts).map((start) => minimize(objective, start));
  // The bound c = 0 wins unless a free c is better by more than rounding.
  const best = ends
    .filter((end) => isInterior(end, data))
    .reduce((least, end) => (isLower(end, least) ? end : least), zero);
  const reachedBest = ends.filter((end) => !isLower(best, end, sameObjective)).length;
  return { minimum: best, starts: { tried: ends.length, reachedBest } };
}

function isInterior({ x }: Minimum, data: FitData): boolean {
  const logShare = x[2]! - data.logSmallest;
  return logShare > Math.log(leastShare) && logShare < 0;
}

/** Whether `x` lies below `y` by more than the given share (an absolute floor is for exact fits). */
function isLower(x: Minimum, y: Minimum, share = 1e-9): boolean {
  return x.value < y.value * (1 - share) - 1e-20;
}

function lawOf({ x }: Minimum, data: FitData): LossLaw {
  const b = -Math.exp(x[1]!);
  return { a: Math.exp(x[0]! - b * data.centre), b, c: x.length > 2 ? Math.exp(x[2]!) : 0 };
}
