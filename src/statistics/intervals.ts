import { DataError } from "../errors.ts";
import { checkCounts } from "./_checks.ts";
import { betaQuantile, normalQuantile, studentQuantile } from "./distributions.ts";
import { mean, standardDeviation } from "./quantile.ts";

/** Two ends that hold the true value with probability `level` over repetitions. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** In (0, 1), such as 0.95. */
  readonly level: number;
}

/** A mean with its standard error, its interval, and the number of values it was made from. */
export interface MeanEstimate {
  readonly mean: number;
  readonly standardError: number;
  readonly n: number;
  readonly interval: Interval;
}

/**
 * Wilson's score interval of a proportion, for `count` successes in `n` trials.
 *
 * @throws {DataError} when the counts are not whole numbers with 0 <= count <= n, n > 0
 * @see Wilson 1927; Brown, Cai, DasGupta 2001
 */
export function wilsonInterval(count: number, n: number, level = 0.95): Interval {
  checkCounts("wilsonInterval", count, n);
  const z = normalQuantile((1 + level) / 2);
  const rate = count / n;
  const scale = 1 + (z * z) / n;
  const centre = (rate + (z * z) / (2 * n)) / scale;
  const half = (z * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n))) / scale;
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half), level };
}

/**
 * Clopper and Pearson's interval of a proportion: never below its nominal level, so wider.
 *
 * @throws {DataError} as `wilsonInterval`
 * @see Clopper, Pearson 1934
 */
export function clopperPearsonInterval(count: number, n: number, level = 0.95): Interval {
  checkCounts("clopperPearsonInterval", count, n);
  const tail = (1 - level) / 2;
  return {
    low: count === 0 ? 0 : betaQuantile(tail, count, n - count + 1),
    high: count === n ? 1 : betaQuantile(1 - tail, count + 1, n - count),
    level,
  };
}

/**
 * Interval of the mean of `n` independent values in [0, 1], whatever they are: at least its level.
 *
 * @param centre - their mean
 * @see Hoeffding 1963, "Probability inequalities for sums of bounded random variables", theorem 2
 */
export function hoeffdingInterval(centre: number, n: number, level = 0.95): Interval {
  const half = Math.sqrt(Math.log(2 / (1 - level)) / (2 * n));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half), level };
}

/** Interval around a mean; infinitely many degrees of freedom make it a normal one. */
function studentInterval(
  centre: number,
  standardError: number,
  { df, level }: { df: number; level: number },
): Interval {
  const share = (1 + level) / 2;
  const half = (df < Infinity ? studentQuantile(share, df) : normalQuantile(share)) * standardError;
  return { low: centre - half, high: centre + half, level };
}

/**
 * Mean of independent values with its Student t interval, n - 1 degrees of freedom.
 *
 * @throws {DataError} for fewer than two values
 */
export function meanEstimate(values: readonly number[], level = 0.95): MeanEstimate {
  const n = values.length;
  if (n < 2) throw new DataError(`meanEstimate: expected at least 2 values, got ${n}`);
  const centre = mean(values);
  const standardError = standardDeviation(values) / Math.sqrt(n);
  const interval = studentInterval(centre, standardError, { df: n - 1, level });
  return { mean: centre, standardError, n, interval };
}

/** How the error of a mean of clustered values is made. */
export interface ClusterOptions {
  readonly level?: number;
  /**
   * `cr1` multiplies the variance by G / (G - 1) for G clusters; `cr0` does not, as the formula of
   * Miller 2024, and is too small for few clusters.
   */
  readonly correction?: "cr0" | "cr1";
  /** Quantiles of Student's t with G - 1 degrees of freedom, or of the normal distribution. */
  readonly quantiles?: "student" | "normal";
}

/**
 * Mean of values that come in clusters (tokens of one document, questions on one passage) with its
 * cluster-robust standard error and interval.
 *
 * @param clusters - the cluster of each value, in any order
 * @throws {DataError} when the lengths differ or there are fewer than two clusters
 * @see Liang, Zeger 1986; Miller 2024, "Adding error bars to evals", arXiv 2411.00640
 */
export function clusteredMean(
  values: readonly number[],
  clusters: readonly (string | number)[],
  { level = 0.95, correction = "cr1", quantiles = "student" }: ClusterOptions = {},
): MeanEstimate & { readonly clusters: number } {
  if (values.length !== clusters.length) {
    throw new DataError(
      `clusteredMean: expected one cluster per value, got ${values.length} values and ${clusters.length} clusters`,
    );
  }
  const centre = mean(values);
  const sums = new Map<string | number, number>();
  values.forEach((value, index) => {
    const cluster = clusters[index] as string | number;
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - centre);
  });
  const count = sums.size;
  if (count < 2) throw new DataError(`clusteredMean: expected at least 2 clusters, got ${count}`);
  const squares = [...sums.values()].reduce((total, sum) => total + sum * sum, 0);
  const factor = correction === "cr1" ? count / (count - 1) : 1;
  const standardError = Math.sqrt(squares * factor) / values.length;
  const df = quantiles === "student" ? count - 1 : Number.POSITIVE_INFINITY;
  const interval = studentInterval(centre, standardError, { df, level });
  return { mean: centre, standardError, n: values.length, interval, clusters: count };
}
