import { normalCdf, normalDensity } from "../../statistics/distributions.ts";
import type { Interval } from "../../statistics/intervals.ts";
import type { ObservedRate } from "../capability/capability-forecast.ts";
import type { PassRateLaw } from "../capability/pass-rate-law.ts";
import type { Forecast } from "../forecast.ts";
import type { LawParameters } from "../laws/law-form.ts";
import type { LadderPoint } from "../levels.ts";
import type { LossLaw } from "../loss-law.ts";
import { canonicalHash } from "./canonical-json.ts";

/** What a forecast is about. */
export interface SealTarget {
  /** The run's id; of a run trained elsewhere, the name that was given. */
  readonly id: string;
  /** Training compute in FLOP. */
  readonly flops: number;
  /** Of the workspace's own runs. */
  readonly seed?: number;
  /** Which of its losses; the first ledgers, which knew only the total, left it out. */
  readonly loss?: string;
  /** Which bucket's pass rate, where it is no loss; 1 is the easiest. */
  readonly bucket?: number;
}

/** The name of a data set's weighted loss. */
export const totalLoss = "total";

/** Which loss a forecast is about. */
export function lossOf({ loss = totalLoss }: Pick<SealTarget, "loss">): string {
  return loss;
}

/** What a forecast is about, in words; one target has one forecast of it. */
export function subjectOf(target: Pick<SealTarget, "loss" | "bucket">): string {
  const { bucket } = target;
  if (bucket !== undefined) return `pass rate of bucket ${bucket}`;
  const name = lossOf(target);
  return /loss/i.test(name) ? name : `${name} loss`; // a table's column may say it already
}

/** Levels of the intervals that are sealed. */
export const sealLevels = [0.8, 0.95] as const;

/** What the payload of every `seal` entry says. */
interface SealedQuantity {
  readonly target: SealTarget;
  readonly standardDeviation: number;
  /** At `sealLevels`. */
  readonly intervals: readonly Interval[];
  readonly extrapolation: number;
  /** SHA-256 of the canonical JSON of what the law was fitted to. */
  readonly fitDataHash: string;
  readonly codeVersion: string;
  /** All settings that the target and its forecast follow from; kept whole. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** An earlier forecast of the same, by its hash, that this one stands beside; both are scored. */
  readonly amends?: { readonly seal: string; readonly why: string };
}

/** A forecast of a loss of a run, from a ladder of the workspace. */
export interface SealedLoss extends SealedQuantity {
  readonly lossNats: number;
  readonly rule: string;
  readonly law: LossLaw;
  readonly chosen: string;
  readonly candidates: readonly SealedCandidate[];
  readonly fitRuns: readonly LadderPoint[];
}

/** A forecast of how often a run passes the problems of a bucket. */
export interface SealedPassRate extends SealedQuantity {
  readonly passRate: number;
  readonly law: PassRateLaw;
  /** Of the bucket, in the order of their names. */
  readonly problems: readonly string[];
  /** What the fitted models made of the bucket. */
  readonly fitted: readonly Omit<ObservedRate, "isFitted">[];
}

/** A forecast of the loss of a run that somebody trains elsewhere, from a table of runs. */
export interface SealedTableLoss extends SealedQuantity {
  /** In the table's unit. */
  readonly tableLoss: number;
  /** Law and how the table was read for it. */
  readonly chosen: string;
  readonly parameters: LawParameters;
  /** Parameters and tokens of the target, where they were said. */
  readonly place: { readonly n: number | null; readonly d: number | null };
  readonly rows: number;
}

/** The payload of a `seal` entry. */
export type SealedForecast = SealedLoss | SealedPassRate | SealedTableLoss;

/** What a forecast says will come, in its own unit. */
export function predictedOf(sealed: SealedForecast): number {
  if ("lossNats" in sealed) return sealed.lossNats;
  return "passRate" in sealed ? sealed.passRate : sealed.tableLoss;
}

/** What is kept of each law that was considered. */
export interface SealedCandidate {
  readonly name: string;
  readonly law: LossLaw;
  readonly lossNats: number;
  readonly oneRungBias: number;
  readonly isAdmitted: boolean;
}

/** The payload of a `score` entry. */
export interface ForecastScore {
  /** Hash of the seal. */
  readonly seal: string;
  readonly targetId: string;
  readonly actual: number;
  /** Predicted minus actual, in the forecast's unit. */
  readonly error: number;
  /** Predicted over actual, minus 1. */
  readonly relativeError: number;
  readonly isInside80: boolean;
  readonly isInside95: boolean;
  /** Actual minus predicted, in standard deviations of the forecast. */
  readonly z: number;
  /** Continuous ranked probability score of the normal forecast, in its unit; lower is better. */
  readonly crps: number;
}

/** What a forecast of a loss is sealed from. */
export interface LossSeal extends Pick<SealedQuantity, "target" | "codeVersion" | "configuration"> {
  readonly forecast: Forecast;
  /** The runs that the forecast was fitted to. */
  readonly fitRuns: readonly LadderPoint[];
}

/** The payload that a forecast of a loss is sealed as. */
export function sealedLoss({ forecast, fitRuns, ...rest }: LossSeal): SealedLoss {
  const runs = fitRuns.map(({ id, flops, lossNats, seed }) => ({ id, flops, lossNats, seed }));
  return {
    ...rest,
    lossNats: forecast.lossNats,
    standardDeviation: forecast.standardDeviation,
    intervals: forecast.intervals,
    extrapolation: forecast.extrapolation,
    rule: forecast.rule,
    law: forecast.chosen.law,
    chosen: forecast.chosen.name,
    candidates: forecast.candidates.map(({ name, law, lossNats, backtest, isAdmitted }) => ({
      name,
      law,
      lossNats,
      oneRungBias: backtest.oneRungBias,
      isAdmitted,
    })),
    fitRuns: runs,
    fitDataHash: canonicalHash(runs),
  };
}

/**
 * Scores a sealed forecast against what came.
 *
 * @see CRPS of a normal: Gneiting, Raftery 2007, equation 21
 */
export function scoreForecast(
  sealed: SealedForecast,
  { seal, actual }: { readonly seal: string; readonly actual: number },
): ForecastScore {
  const { standardDeviation, intervals } = sealed;
  const predicted = predictedOf(sealed);
  const z = (actual - predicted) / standardDeviation;
  const isInside = (level: number) =>
    intervals.some((one) => one.level === level && actual >= one.low && actual <= one.high);
  return {
    seal,
    targetId: sealed.target.id,
    actual,
    error: predicted - actual,
    relativeError: predicted / actual - 1,
    isInside80: isInside(0.8),
    isInside95: isInside(0.95),
    z,
    crps:
      standardDeviation *
      (z * (2 * normalCdf(z) - 1) + 2 * normalDensity(z) - 1 / Math.sqrt(Math.PI)),
  };
}
