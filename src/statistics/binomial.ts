import { betaCdf } from "./distributions.ts";
import { logBetaPower } from "./stirling-error.ts";

/**
 * Logarithm of the probability of `k` successes in `n` trials that succeed at `rate` each.
 *
 * @param k - a whole number; outside of 0..n the probability is 0
 * @param rate - in [0, 1]
 * @see Loader 2000, "Fast and accurate computation of binomial probabilities"
 */
export function binomialLogProbability(k: number, n: number, rate: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  if (k === 0) return n === 0 ? 0 : n * Math.log1p(-rate);
  if (k === n) return n * Math.log(rate);
  if (rate === 0 || rate === 1) return Number.NEGATIVE_INFINITY;
  return logBetaPower({ x: rate, y: 1 - rate }, k, n - k) + Math.log(n / k / (n - k));
}

/** The probability itself; see `binomialLogProbability`. */
export function binomialProbability(k: number, n: number, rate: number): number {
  return Math.exp(binomialLogProbability(k, n, rate));
}

/** Probability of at most `k` successes in `n` trials that succeed at `rate` each. */
export function binomialCdf(k: number, n: number, rate: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : betaCdf(1 - rate, n - k, k + 1);
}
