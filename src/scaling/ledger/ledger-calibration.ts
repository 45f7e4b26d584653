import { type Interval, wilsonInterval } from "../../statistics/intervals.ts";
import { mean } from "../../statistics/quantile.ts";
import type { LedgerForecast } from "./ledger.ts";
import type { ForecastScore } from "./sealed-forecast.ts";

/** How the scored forecasts of a ledger did together. */
export interface LedgerCalibration {
  readonly scored: number;
  /** Sealed and without a score yet. */
  readonly waiting: number;
  /** Mean of |predicted / actual - 1|. */
  readonly meanAbsoluteError: number;
  /** Mean of predicted / actual - 1. */
  readonly meanError: number;
  /** Continuous ranked probability score over the actual loss, mean. */
  readonly meanCrps: number;
  /** By nominal level: how many held what came, with Wilson's 95 % interval of the share. */
  readonly coverage: readonly {
    readonly level: number;
    readonly inside: number;
    readonly interval: Interval;
  }[];
}

/**
 * Sums up all scored forecasts, misses included; undefined when none is scored. Forecasts of several
 * losses of one run are not independent: the interval is the narrowest that can be said.
 */
export function ledgerCalibration(
  forecasts: readonly LedgerForecast[],
): LedgerCalibration | undefined {
  const scores = forecasts.flatMap(({ score }) => score ?? []);
  if (scores.length === 0) return undefined;
  const covered = (level: number, isInside: (score: ForecastScore) => boolean) => {
    const inside = scores.filter(isInside).length;
    return { level, inside, interval: wilsonInterval(inside, scores.length) };
  };
  return {
    scored: scores.length,
    waiting: forecasts.length - scores.length,
    meanAbsoluteError: mean(scores.map(({ relativeError }) => Math.abs(relativeError))),
    meanError: mean(scores.map(({ relativeError }) => relativeError)),
    meanCrps: mean(scores.map(({ crps, actual }) => crps / actual)),
    coverage: [
      covered(0.8, ({ isInside80 }) => isInside80),
      covered(0.95, ({ isInside95 }) => isInside95),
    ],
  };
}
