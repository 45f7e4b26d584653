import {
  clopperPearsonInterval,
  clusteredMean,
  hoeffdingInterval,
  type Interval,
  meanEstimate,
  wilsonInterval,
} from "../../statistics/intervals.ts";
import { mean } from "../../statistics/quantile.ts";
import type { ScoreKind } from "../eval-task.ts";

/** How the interval of a mean score is made. */
export interface ScoreIntervalOptions {
  readonly kind: ScoreKind;
  /** Of each value, where samples share sources. */
  readonly clusters: readonly string[] | undefined;
  readonly level: number;
}

/**
 * The interval of a mean score. Of independent values it is Wilson's for `binary` ones and Student's t
 * for others. Of clustered values it is Student's t with G - 1 degrees of freedom for G clusters, on
 * the cluster-robust standard error, for deviations d of the n values from their mean,
 *
 *     sqrt(G / (G - 1) * sum over clusters of (sum of d in the cluster)^2) / n
 *
 * which is Miller's formula with the correction G / (G - 1) for few clusters.
 *
 * Values that do not vary, or a single one, say nothing of their spread: the interval of `share`
 * values is then Hoeffding's bound, or Clopper and Pearson's at 0 and 1, where it holds for any values
 * in [0, 1], since E[X] >= P(X = 1); that of `number` values is not a number. Clusters count as one
 * value each there.
 *
 * @param values - at least one
 * @see Miller 2024, "Adding error bars to evals", arXiv 2411.00640; Hoeffding 1963
 */
export function scoreInterval(
  values: readonly number[],
  { kind, clusters, level }: ScoreIntervalOptions,
): Interval {
  const isBounded = kind !== "number";
  const independent = clusters === undefined ? values.length : new Set(clusters).size;
  const [first] = values as [number];
  // means of the same values in other orders differ by roundings
  const hasSpread = values.some((value) => Math.abs(value - first) > 1e-12 * Math.abs(first));
  if (clusters === undefined && kind === "binary") {
    return wilsonInterval(values.filter((value) => value === 1).length, values.length, level);
  }
  if (!hasSpread || independent < 2) {
    if (isBounded) return bound(mean(values), independent, level);
    return { low: Number.NaN, high: Number.NaN, level };
  }
  const { interval } =
    clusters === undefined
      ? meanEstimate(values, level)
      : clusteredMean(values, clusters, { level });
  if (!isBounded) return interval;
  return { low: Math.max(0, interval.low), high: Math.min(1, interval.high), level };
}

function bound(centre: number, n: number, level: number): Interval {
  return centre === 0 || centre === 1
    ? clopperPearsonInterval(centre * n, n, level)
    : hoeffdingInterval(centre, n, level);
}
