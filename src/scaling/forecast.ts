import { studentQuantile } from "../statistics/distributions.ts";
import type { Interval } from "../statistics/intervals.ts";
import { median } from "../statistics/quantile.ts";
import { type Backtest, backtestVariant } from "./backtest.ts";
import type { LossLawFit } from "./fit.ts";
import {
  describeVariant,
  fitVariant,
  isFittable,
  type LawVariant,
  lawVariants,
} from "./law-variant.ts";
import { type ComputeLevel, checkLevels, computeLevels, type LadderPoint } from "./levels.ts";
import { type LossLaw, lossAt } from "./loss-law.ts";
import { ScalingRefusal } from "./refusal.ts";
import { type SeedNoise, seedNoise } from "./seed-noise.ts";
import {
  drawnDeviation,
  drawnInterval,
  type EnsembleMember,
  type PredictiveDraws,
  pooledDrift,
  predictiveDraws,
} from "./uncertainty.ts";

/** One variant with what the ladder says of it and what it forecasts. */
export interface ForecastCandidate {
  readonly name: string;
  readonly variant: LawVariant;
  readonly law: LossLaw;
  readonly lossNats: number;
  readonly backtest: Backtest;
  /** Whether its one-rung bias is small enough for it to be chosen. */
  readonly isAdmitted: boolean;
}

/** A forecast of the loss of one run, with all that was considered. */
export interface Forecast {
  /** The version of the rule that chose the law. */
  readonly rule: string;
  readonly targetFlops: number;
  readonly lossNats: number;
  /** Of the loss of one run at the target. */
  readonly standardDeviation: number;
  /** At 80 and 95 %, for the loss of one run at the target. */
  readonly intervals: readonly [Interval, Interval];
  /** The target's compute over the largest fitted one. */
  readonly extrapolation: number;
  readonly chosen: ForecastCandidate;
  readonly candidates: readonly ForecastCandidate[];
  readonly seedNoise: SeedNoise;
  /** One-rung bias up to which a variant is admitted. */
  readonly admissionBias: number;
}

/** A forecast's band at other computes, for a figure. */
export interface ForecastBand {
  readonly flops: number;
  readonly lossNats: number;
  readonly interval80: Interval;
  readonly interval95: Interval;
}

/** A forecast together with the curve it belongs to. */
export interface ForecastStudy {
  readonly forecast: Forecast;
  readonly fit: LossLawFit;
  /** The law and its intervals at each compute. */
  band(flops: readonly number[]): readonly ForecastBand[];
}

/**
 * The rule by which the law is chosen, fixed before any target is seen; its name is sealed with
 * every forecast, and a changed rule gets a new name.
 *
 * 1. Every variant (c free or zero; no, one or two smallest rungs left out) that keeps at least
 *    one more rung than parameters is backtested inside the ladder with a rolling origin.
 * 2. A variant is admitted when the mean signed error of its one-rung forecasts is at most 0.5 %
 *    plus the measured seed noise (0.5 % alone where no rung has several seeds).
 * 3. When the ladder spans two decades of compute and identifies c (`identifiesIrreducible`), only laws
 *    with c free stand, and the first admitted one is taken in the order of `lawVariants`: most rungs
 *    first; when none is admitted, the one with the smallest one-rung bias.
 * 4. Otherwise, of the laws with c = 0, admitted or not, the one with the median forecast is taken, of
 *    two in the middle the one with the smaller drift in the backtest.
 * 5. Where the median one-rung bias of those is above 1.5 %, the losses are no power of the compute, as
 *    those of images that are not seen yet, and the median of all laws is taken.
 *
 * The first rule took the first admitted one always; the second took a bend of the smallest rungs for
 * c; the third took the median of all laws, which leans to those with c free: they were too high
 * on every short ladder of ours (docs/decisions/2026-11-25-forecast-rule.md).
 */
export const forecastRule = "two-decades-or-no-floor/4";

/** Over less, the smallest rungs' own bend cannot be told from an irreducible loss. */
const identifyingSpan = 100;

/** One-rung bias up to which losses are taken to fall as a power of the compute, without a floor. */
const mostBend = 0.015;
const toleratedBias = 0.005;
const levels80and95 = [0.8, 0.95] as const;
// The chosen variant has this share of the draws, the other admitted ones the rest by their drift.
const chosenShare = 0.5;

/**
 * Forecasts the loss of a run of `targetFlops` from a ladder.
 *
 * @throws {ScalingRefusal} as `fitLossLaw`; `not-beyond-ladder` when the target's compute is not
 *   larger than the ladder's
 */
export function forecastLoss(
  points: readonly LadderPoint[],
  targetFlops: number,
  { draws = 1000, seed = 0 } = {},
): ForecastStudy {
  const levels = computeLevels(points);
  checkLevels(levels);
  const extrapolation = checkTarget(levels, targetFlops);
  const noise = seedNoise(levels, fitVariant({ irreducible: "free", dropped: 0 }, levels));
  const measuredNoise = noise.source === "seeds" ? noise.standardDeviation : 0;
  const question: Question = { levels, targetFlops, measuredNoise };
  const studied = lawVariants
    .filter((variant) => isFittable(variant, levels))
    .map((variant) => studyVariant(variant, question));
  const chosen = choose(studied, levels);
  const members = ensemble(studied, chosen);
  const predictive = predictiveDraws({
    levels,
    members,
    noise,
    drift: pooledDrift(members),
    driftDegreesOfFreedom: chosen.candidate.backtest.targets.filter(({ ahead }) => ahead === 1)
      .length,
    draws,
    seed,
  });
  const lossNats = chosen.candidate.lossNats;
  const atTarget = predictive.at(targetFlops);
  return {
    forecast: {
      rule: forecastRule,
      targetFlops,
      lossNats,
      standardDeviation: drawnDeviation(atTarget),
      intervals: intervalsOf(atTarget, lossNats),
      extrapolation,
      chosen: chosen.candidate,
      candidates: studied.map(({ candidate }) => candidate),
      seedNoise: noise,
      admissionBias: toleratedBias + measuredNoise,
    },
    fit: chosen.fit,
    band: (flops) => flops.map((one) => bandAt(one, chosen.fit.law, predictive)),
  };
}

interface Study {
  readonly candidate: ForecastCandidate;
  readonly fit: LossLawFit;
}

function checkTarget(levels: readonly ComputeLevel[], targetFlops: number): number {
  const largest = levels.at(-1)?.flops ?? Number.NaN;
  if (Number.isFinite(targetFlops) && targetFlops > largest) return targetFlops / largest;
  throw new ScalingRefusal(
    "not-beyond-ladder",
    `Forecast: expected a target compute above the ladder's largest, ${largest.toExponential(3)} FLOP, got ${targetFlops}. Choose a larger target.`,
  );
}

interface Question {
  readonly levels: readonly ComputeLevel[];
  readonly targetFlops: number;
  /** Zero when no rung has several seeds. */
  readonly measuredNoise: number;
}

function studyVariant(variant: LawVariant, question: Question): Study {
  const { levels, targetFlops, measuredNoise } = question;
  const fit = fitVariant(variant, levels);
  const backtest = backtestVariant(variant, levels, measuredNoise);
  const candidate = {
    name: describeVariant(variant),
    variant,
    law: fit.law,
    lossNats: lossAt(fit.law, targetFlops),
    backtest,
    isAdmitted: Math.abs(backtest.oneRungBias) <= toleratedBias + measuredNoise,
  };
  return { candidate, fit };
}

function choose(studied: readonly Study[], levels: readonly ComputeLevel[]): Study {
  const span = levels.at(-1)!.flops / levels[0]!.flops;
  const fits = studied.map(({ fit }) => fit);
  if (span >= identifyingSpan * (1 - 1e-9) && identifiesIrreducible(fits)) {
    const free = studied.filter(({ candidate }) => candidate.variant.irreducible === "free");
    const admitted = free.find(({ candidate }) => candidate.isAdmitted);
    return admitted ?? smallest(free, ({ candidate }) => Math.abs(candidate.backtest.oneRungBias));
  }
  const floorless = studied.filter(({ candidate }) => candidate.variant.irreducible === "zero");
  const bend = median(floorless.map(({ candidate }) => candidate.backtest.oneRungBias));
  return middleOf(Math.abs(bend) <= mostBend ? floorless : studied);
}

/** The study with the median forecast, of two in the middle the one with the smaller drift. */
function middleOf(studied: readonly Study[]): Study {
  const ascending = studied.toSorted((x, y) => x.candidate.lossNats - y.candidate.lossNats);
  const middle = ascending.slice((ascending.length - 1) >> 1, (ascending.length >> 1) + 1);
  return smallest(middle, ({ candidate }) => candidate.backtest.drift);
}

const identifiedAt = 0.99;

/**
 * Whether the ladder tells c from zero: an F test at 1 % of the laws with c free and c = 0 through
 * all rungs, on their squared log residuals.
 *
 * @param fits - of the variants, the two through all rungs among them
 */
function identifiesIrreducible(fits: readonly LossLawFit[]): boolean {
  const rungs = Math.max(...fits.map(({ residuals }) => residuals.length));
  const squaresOf = (irreducible: LossLawFit["irreducible"]) =>
    fits
      .find((fit) => fit.irreducible === irreducible && fit.residuals.length === rungs)
      ?.residuals.reduce((sum, residual) => sum + residual ** 2, 0) ?? Number.NaN;
  const [free, zero] = [squaresOf("free"), squaresOf("zero")];
  const degrees = rungs - 3;
  const critical = studentQuantile((1 + identifiedAt) / 2, degrees) ** 2; // F(1, d) = t(d)^2
  return (zero - free) / (free / degrees) > critical;
}

/** The item with the smallest value, the first of equals. */
function smallest<Item>(items: readonly Item[], value: (item: Item) => number): Item {
  return items.reduce((best, item) => (value(item) < value(best) ? item : best));
}

/** The chosen variant and the other admitted ones (all when none is), weighted by drift. */
function ensemble(studied: readonly Study[], chosen: Study): readonly EnsembleMember[] {
  const others = studied.filter(
    (one) => one !== chosen && (one.candidate.isAdmitted || !chosen.candidate.isAdmitted),
  );
  const precision = ({ candidate }: Study) => 1 / (candidate.backtest.drift ** 2 + 1e-6);
  const total = others.reduce((sum, one) => sum + precision(one), 0);
  const member = (one: Study, weight: number): EnsembleMember => ({
    variant: one.candidate.variant,
    fit: one.fit,
    backtest: one.candidate.backtest,
    weight,
  });
  if (others.length === 0) return [member(chosen, 1)];
  return [
    member(chosen, chosenShare),
    ...others.map((one) => member(one, ((1 - chosenShare) * precision(one)) / total)),
  ];
}

function intervalsOf(draws: Float64Array, forecast: number): readonly [Interval, Interval] {
  const [eighty, ninetyFive] = levels80and95;
  return [drawnInterval(draws, eighty, forecast), drawnInterval(draws, ninetyFive, forecast)];
}

function bandAt(flops: number, law: LossLaw, predictive: PredictiveDraws): ForecastBand {
  const lossNats = lossAt(law, flops);
  const [interval80, interval95] = intervalsOf(predictive.at(flops), lossNats);
  return { flops, lossNats, interval80, interval95 };
}
