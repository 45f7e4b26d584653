import { checkCounts, checkPositive, checkShares } from "./_checks.ts";
import { betaCdf, betaQuantile } from "./distributions.ts";
import type { Interval } from "./intervals.ts";

/** What is believed of a rate after counts were seen: it is drawn from Beta(a, b). */
export interface BetaPosterior {
  readonly a: number;
  readonly b: number;
  readonly mean: number;
  readonly variance: number;
  readonly median: number;
  /** With equal probabilities below and above. */
  readonly interval: Interval;
}

/**
 * Posterior of a success rate after `count` successes in `n` trials.
 *
 * @param prior - Beta(a, b) before the trials; both 1 is uniform, both 1/2 is Jeffreys'
 * @throws {DataError} when the counts are not whole numbers with 0 <= count <= n, n > 0
 * @throws {ConfigError} when the prior is not above 0 or the level not in (0, 1)
 */
export function betaPosterior(
  count: number,
  n: number,
  { prior = { a: 1, b: 1 }, level = 0.95 } = {},
): BetaPosterior {
  checkCounts("betaPosterior", count, n);
  checkPositive("betaPosterior", { "prior a": prior.a, "prior b": prior.b });
  checkShares("betaPosterior", { level });
  const [a, b] = [prior.a + count, prior.b + n - count];
  const [mean, rest] = [a / (a + b), b / (a + b)];
  const tail = (1 - level) / 2;
  return {
    ...{ a, b, mean },
    variance: (mean * rest) / (a + b + 1),
    median: betaQuantile(0.5, a, b),
    interval: { low: betaQuantile(tail, a, b), high: 1 - betaQuantile(tail, b, a), level },
  };
}

/**
 * Probability that a rate drawn from Beta(a, b) is above a threshold.
 *
 * @throws {ConfigError} when a or b is not a finite number above 0
 */
export function probabilityAbove(
  threshold: number,
  { a, b }: { readonly a: number; readonly b: number },
): number {
  checkPositive("probabilityAbove", { a, b });
  return betaCdf(1 - threshold, b, a);
}
