import { normalCdf, normalDensity } from "../statistics/distributions.ts";
import type { Interval } from "../statistics/intervals.ts";
import { canonicalHash } from "./canonical-json.ts";
import type { Forecast } from "./forecast.ts";
import type { LadderPoint } from "./levels.ts";
import type { LossLaw } from "./loss-law.ts";

/** What is sealed before a target's first step. */
export interface SealRequest {
  readonly target: SealTarget;
  readonly forecast: Forecast;
  /** The runs that the forecast was fitted to. */
  readonly fitRuns: readonly LadderPoint[];
  readonly codeVersion: string;
  /** All settings that the target and its forecast follow from; kept whole. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** Which run the forecast is about. */
export interface SealTarget {
  /** The run's id. */
  readonly id: string;
  readonly flops: number;
  readonly seed: number;
  /** Which of its losses; the first ledgers, which knew only the total, left it out. */
  readonly loss?: string;
}

/** The name of a data set's weighted loss. */
export const totalLoss = "total";

/** Which loss a forecast is about. */
export function lossOf({ loss = totalLoss }: Pick<SealTarget, "loss">): string {
  return loss;
}

/** The payload of a `seal` entry. */
export interface SealedForecast {
  readonly target: SealTarget;
  readonly lossNats: number;
  readonly standardDeviation: number;
  readonly intervals: readonly Interval[];
  readonly extrapolation: number;
  readonly rule: string;
  readonly law: LossLaw;
  readonly chosen: string;
  readonly candidates: readonly SealedCandidate[];
  readonly fitRuns: readonly LadderPoint[];
  /** SHA-256 of the canonical JSON of `fitRuns`. */
  readonly fitDataHash: string;
  readonly codeVersion: string;
  readonly configuration: Readonly<Record<string, unknown>>;
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
  /** Predicted minus actual, in nats. */
  readonly error: number;
  /** Predicted over actual, minus 1. */
  readonly relativeError: number;
  readonly isInside80: boolean;
  readonly isInside95: boolean;
  /** Actual minus predicted, in standard deviations of the forecast. */
  readonly z: number;
  /** Continuous ranked probability score of the normal forecast, in nats; lower is better. */
  readonly crps: number;
}

/** The payload that a request is sealed as. */
export function sealedForecast(request: SealRequest): SealedForecast {
  const { target, forecast, codeVersion, configuration } = request;
  const fitRuns = request.fitRuns.map(({ id, flops, lossNats, seed }) => ({
    id,
    flops,
    lossNats,
    seed,
  }));
  return {
    target,
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
    fitRuns,
    fitDataHash: canonicalHash(fitRuns),
    codeVersion,
    configuration,
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
  const { lossNats, standardDeviation, intervals } = sealed;
  const z = (actual - lossNats) / standardDeviation;
  const isInside = (level: number) =>
    intervals.some((one) => one.level === level && actual >= one.low && actual <= one.high);
  return {
    seal,
    targetId: sealed.target.id,
    actual,
    error: lossNats - actual,
    relativeError: lossNats / actual - 1,
    isInside80: isInside(0.8),
    isInside95: isInside(0.95),
    z,
    crps:
      standardDeviation *
      (z * (2 * normalCdf(z) - 1) + 2 * normalDensity(z) - 1 / Math.sqrt(Math.PI)),
  };
}
