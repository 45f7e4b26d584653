import { ConfigError, DataError } from "../errors.ts";
import { binomialLogProbability } from "./binomial.ts";
import { stirlingError } from "./stirling-error.ts";

/** `n` trials with one success rate, which is drawn from Beta(a, b). */
export interface BetaBinomial {
  readonly n: number;
  readonly a: number;
  readonly b: number;
}

/**
 * Logarithm of the probability of `k` successes: that of the binomial distribution with rate
 * a / (a + b), and what the spread of the rate adds, each without cancellation for large a and b.
 *
 * @returns -Infinity when `k` is not in 0..n
 * @throws {DataError} when `k` is not whole, or `n` not a whole number of 0 or more
 * @throws {ConfigError} when a or b is not a finite number above 0
 */
export function betaBinomialLogProbability(k: number, distribution: BetaBinomial): number {
  check(k, distribution);
  const { n, a, b } = distribution;
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY;
  const spread = risingExcess(a, k) + risingExcess(b, n - k) - risingExcess(a + b, n);
  // The smaller one of the rate and its rest carries the digits.
  const binomial =
    a <= b
      ? binomialLogProbability(k, n, a / (a + b))
      : binomialLogProbability(n - k, n, b / (a + b));
  return binomial + spread;
}

/** Probability of at most `k` successes; see `betaBinomialLogProbability`. */
export function betaBinomialCdf(k: number, distribution: BetaBinomial): number {
  check(k, distribution);
  const { n, a, b } = distribution;
  if (k < 0) return 0;
  if (k >= n) return 1;
  const between = (from: number, to: number) => {
    let total = 0;
    for (let one = from; one <= to; one++) {
      total += Math.exp(betaBinomialLogProbability(one, distribution));
    }
    return total;
  };
  return k <= (n * a) / (a + b) ? between(0, k) : 1 - between(k + 1, n);
}

/** Mean and variance of the number of successes. */
export function betaBinomialMoments(distribution: BetaBinomial): {
  readonly mean: number;
  readonly variance: number;
} {
  check(0, distribution);
  const { n, a, b } = distribution;
  const [rate, rest] = [a / (a + b), b / (a + b)];
  return { mean: n * rate, variance: n * rate * rest * ((a + b + n) / (a + b + 1)) };
}

/**
 * ln(a (a + 1) … (a + k - 1) / a^k): by how much a rising factorial exceeds the power; 0 or more.
 *
 * @param a - above 0
 */
function risingExcess(a: number, k: number): number {
  if (k === 0) return 0;
  const powers = (a + k - 0.5) * Math.log1p(k / a) - k;
  return powers + stirlingError(a + k) - stirlingError(a);
}

function check(k: number, { n, a, b }: BetaBinomial): void {
  if (!(Number.isInteger(k) && Number.isInteger(n) && n >= 0)) {
    throw new DataError(`betaBinomial: expected whole k and n with n >= 0, got k ${k} and n ${n}`);
  }
  if (!(a > 0 && b > 0 && Number.isFinite(a + b))) {
    throw new ConfigError(`betaBinomial: expected finite a and b above 0, got ${a} and ${b}`);
  }
}
