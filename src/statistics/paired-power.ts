import { DataError } from "../errors.ts";
import { checkPositive, checkShares } from "./_checks.ts";
import { bisectUpwards } from "./bisect.ts";
import { normalQuantile, studentQuantile } from "./distributions.ts";
import { noncentralStudentTail, noncentralStudentTails } from "./noncentral-student.ts";
import type { Alternative } from "./p-value.ts";
import { checkReachable } from "./two-proportion-power.ts";

interface PairedTest {
  readonly alpha?: number;
  readonly alternative?: Alternative;
}

/**
 * Power of the paired t test.
 *
 * @param effectSize - mean of the differences over their standard deviation
 * @param pairs - above 1; need not be whole
 * @throws {ConfigError} when alpha is not in (0, 1) or there is not more than one pair
 * @see Cohen 1988, chapter 2
 */
export function pairedTPower(
  effectSize: number,
  pairs: number,
  { alpha = 0.05, alternative = "two-sided" }: PairedTest = {},
): number {
  checkShares("pairedTPower", { alpha });
  checkPositive("pairedTPower", { "pairs - 1": pairs - 1 });
  const df = pairs - 1;
  const shift = effectSize * Math.sqrt(pairs);
  if (alternative === "two-sided") {
    return noncentralStudentTails(-studentQuantile(alpha / 2, df), df, shift);
  }
  const threshold = -studentQuantile(alpha, df);
  const towards = alternative === "larger" ? shift : -shift;
  // Of thresholds below 0 the other tail is known.
  return threshold >= 0
    ? noncentralStudentTail(threshold, df, towards)
    : 1 - noncentralStudentTail(-threshold, df, -towards);
}

/**
 * Number of pairs at which the paired t test has this power: a real number, to be rounded up.
 *
 * @param effectSize - mean of the differences over their standard deviation
 * @throws {ConfigError} when alpha or power is not in (0, 1), power is not above alpha, or the
 *   effect is not in the direction of the alternative
 * @see Cohen 1988, chapter 2
 */
export function pairedTSize(
  effectSize: number,
  power: number,
  { alpha = 0.05, alternative = "two-sided" }: PairedTest = {},
): number {
  checkReachable("pairedTSize", effectSize, { alpha, power, alternative });
  const isTooFew = (more: number) =>
    pairedTPower(effectSize, 1 + more, { alpha, alternative }) < power;
  return 1 + bisectUpwards(isTooFew, 0);
}

/** Spread of the scores of two models on the same questions. */
export interface PairedSpread {
  /** Variance over questions, of each model. */
  readonly first: number;
  readonly second: number;
  /** Of the two models' scores, in [-1, 1]. */
  readonly correlation: number;
}

/**
 * Variance of the difference of two correlated scores.
 *
 * @throws {DataError} when a variance is negative or the correlation is not in [-1, 1]
 */
export function varianceOfDifference({ first, second, correlation }: PairedSpread): number {
  if (!(first >= 0 && second >= 0 && Math.abs(correlation) <= 1)) {
    throw new DataError(
      `varianceOfDifference: expected variances of 0 or more and a correlation in [-1, 1], got ${first}, ${second} and ${correlation}`,
    );
  }
  return first + second - 2 * correlation * Math.sqrt(first * second);
}

/**
 * Number of questions at which a two-sided normal test finds a difference of `difference` between
 * the mean scores of two models with this power: a real number, to be rounded up.
 *
 * @throws {ConfigError} when alpha or power is not in (0, 1), power is not above alpha, or the
 *   difference is 0
 * @throws {DataError} as `varianceOfDifference`
 * @see Miller 2024, "Adding error bars to evals", arXiv 2411.00640, equation 9
 */
export function pairedNormalSize(
  spread: PairedSpread,
  difference: number,
  { alpha = 0.05, power = 0.8 } = {},
): number {
  checkReachable("pairedNormalSize", difference, { alpha, power, alternative: "two-sided" });
  const quantiles = normalQuantile(power) - normalQuantile(alpha / 2);
  return (quantiles / difference) ** 2 * varianceOfDifference(spread);
}
