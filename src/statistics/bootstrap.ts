import { DataError } from "../errors.ts";
import { normalCdf, normalQuantile } from "./distributions.ts";
import type { Interval } from "./intervals.ts";
import { mean, quantile, standardDeviation } from "./quantile.ts";
import { Random } from "./random.ts";

/** A statistic of the rows that have these zero-based indices (repeats allowed). */
export type IndexStatistic = (indices: readonly number[]) => number;

/** What a bootstrap says of a statistic. */
export interface BootstrapEstimate {
  readonly estimate: number;
  /** Standard deviation of the replicates. */
  readonly standardError: number;
  readonly percentile: Interval;
  /** The percentile interval mirrored at the estimate. */
  readonly basic: Interval;
  /** Undefined when the statistic does not vary, or no replicate reaches the estimate. */
  readonly bca: BcaInterval | undefined;
  readonly replicates: number;
  /** How many replicates are below the estimate, and how many equal it. */
  readonly below: number;
  readonly equal: number;
  /** z0: normal quantile of the share of replicates below the estimate, with half of its equals. */
  readonly bias: number;
  /** How fast the standard error changes with the statistic; no number when it does not vary. */
  readonly acceleration: number;
}

/** A bias-corrected and accelerated interval, with the quantiles of the replicates that it is. */
export interface BcaInterval extends Interval {
  readonly shares: readonly [number, number];
}

/** Percentile interval of bootstrap replicates, in any order. */
export function percentileInterval(replicates: readonly number[], level: number): Interval {
  const sorted = Float64Array.from(replicates).sort();
  const tail = (1 - level) / 2;
  return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail), level };
}

/**
 * Bias-corrected and accelerated interval of sorted replicates.
 *
 * @see Efron 1987, "Better bootstrap confidence intervals"
 */
function bcaInterval(
  sorted: ArrayLike<number>,
  { bias, acceleration }: { readonly bias: number; readonly acceleration: number },
  level: number,
): BcaInterval | undefined {
  if (!Number.isFinite(bias) || !Number.isFinite(acceleration)) return undefined;
  const adjusted = (z: number) => normalCdf(bias + (bias + z) / (1 - acceleration * (bias + z)));
  const z = normalQuantile((1 + level) / 2);
  const shares = [adjusted(-z), adjusted(z)] as const;
  const [low, high] = [quantile(sorted, shares[0]), quantile(sorted, shares[1])];
  return { low, high, level, shares };
}

/** From the statistic without each row in turn. */
function accelerationOf(leaveOneOut: readonly number[]): number {
  const centre = mean(leaveOneOut);
  const power = (exponent: number) =>
    leaveOneOut.reduce((sum, value) => sum + (centre - value) ** exponent, 0);
  return power(3) / (6 * power(2) ** 1.5);
}

/** The intervals of a statistic from given resamples of `n` rows. */
export function bootstrapFromResamples(
  statistic: IndexStatistic,
  resamples: readonly (readonly number[])[],
  { n, level }: { readonly n: number; readonly level: number },
): BootstrapEstimate {
  const all = Array.from({ length: n }, (_, index) => index);
  const estimate = statistic(all);
  const replicates = resamples.map((indices) => statistic(indices));
  const leaveOneOut = all.map((left) => statistic(all.filter((index) => index !== left)));
  const below = replicates.filter((value) => value < estimate).length;
  const equal = replicates.filter((value) => value === estimate).length;
  const bias = normalQuantile((below + equal / 2) / replicates.length);
  const acceleration = accelerationOf(leaveOneOut);
  const percentile = percentileInterval(replicates, level);
  const sorted = Float64Array.from(replicates).sort();
  return {
    estimate,
    standardError: standardDeviation(replicates),
    percentile,
    basic: { low: 2 * estimate - percentile.high, high: 2 * estimate - percentile.low, level },
    bca: bcaInterval(sorted, { bias, acceleration }, level),
    replicates: replicates.length,
    ...{ below, equal, bias, acceleration },
  };
}

/**
 * Case bootstrap of a statistic of `n` independent rows; the same seed gives the same result.
 *
 * @throws {DataError} for fewer than two rows
 * @see Efron, Tibshirani 1993, chapters 13 and 14
 */
export function bootstrap(
  statistic: IndexStatistic,
  n: number,
  { replicates = 2000, level = 0.95, seed = 0 } = {},
): BootstrapEstimate {
  if (n < 2) throw new DataError(`bootstrap: expected at least 2 rows, got ${n}`);
  const random = new Random(seed);
  const resamples = Array.from({ length: replicates }, () =>
    Array.from({ length: n }, () => random.integer(n)),
  );
  return bootstrapFromResamples(statistic, resamples, { n, level });
}
