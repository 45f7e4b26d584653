import { checkNumbers, checkPaired, checkShares } from "./_checks.ts";
import { studentQuantile } from "./distributions.ts";
import type { Interval } from "./intervals.ts";
import { type Alternative, studentPValue } from "./p-value.ts";
import { mean, standardDeviation } from "./quantile.ts";

/** What the paired t test says of two models on the same questions. */
export interface PairedTResult {
  /** Infinite when all differences are one number, no number when that number is 0. */
  readonly t: number;
  readonly df: number;
  readonly pValue: number;
  /** Mean of the first less the second. */
  readonly meanDifference: number;
  readonly standardError: number;
  /** Of the mean difference; one-sided for a one-sided alternative, with one infinite end. */
  readonly interval: Interval;
}

/**
 * Student's t test of paired scores.
 *
 * @param first - a score per question
 * @param second - the other model's score of the same question
 * @throws {DataError} when the lengths differ, there are fewer than two pairs, or a score is not
 *   finite
 * @throws {ConfigError} when the level is not in (0, 1)
 * @see Miller 2024, "Adding error bars to evals", arXiv 2411.00640, section 4
 */
export function pairedTTest(
  first: readonly number[],
  second: readonly number[],
  { alternative = "two-sided", level = 0.95 }: { alternative?: Alternative; level?: number } = {},
): PairedTResult {
  checkPaired("pairedTTest", first, second);
  const differences = first.map((score, index) => score - second[index]!);
  checkNumbers("pairedTTest", differences, 2);
  checkShares("pairedTTest", { level });
  const df = differences.length - 1;
  const meanDifference = mean(differences);
  const standardError = standardDeviation(differences) / Math.sqrt(differences.length);
  const t = meanDifference / standardError;
  const share = alternative === "two-sided" ? (1 + level) / 2 : level;
  const half = studentQuantile(share, df) * standardError;
  const interval = {
    low: alternative === "smaller" ? -Infinity : meanDifference - half,
    high: alternative === "larger" ? Infinity : meanDifference + half,
    level,
  };
  const p = studentPValue(t, df, alternative);
  return { t, df, pValue: p, meanDifference, standardError, interval };
}
