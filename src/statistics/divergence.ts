import { DataError } from "../errors.ts";
import { checkNumbers, checkPaired, checkProbabilities } from "./_checks.ts";
import { mean, standardDeviation } from "./quantile.ts";
import { sum } from "./sum.ts";

/** How far distributions `p` and `q` of the same outcomes are apart, in nats. */
export interface Divergence {
  /** KL(p || q): infinite when p has an outcome that q excludes. */
  readonly forward: number;
  /** KL(q || p). */
  readonly backward: number;
  /** Jensen and Shannon's: at most ln 2. */
  readonly jensenShannon: number;
}

/**
 * Divergences of two distributions, with all digits also when they are nearly the same.
 *
 * @throws {DataError} for lists of different lengths or none, probabilities outside [0, 1], or a sum
 *   that is further than 1e-6 from 1
 * @see Kullback, Leibler 1951; Lin 1991
 */
export function divergence(p: readonly number[], q: readonly number[]): Divergence {
  checkDistributions("divergence", p, q);
  const middle = p.map((one, index) => (one + q[index]!) / 2);
  const [fromP, fromQ] = [relativeEntropy(p, middle), relativeEntropy(q, middle)];
  return {
    forward: relativeEntropy(p, q),
    backward: relativeEntropy(q, p),
    jensenShannon: (fromP + fromQ) / 2,
  };
}

/**
 * Cross entropy -sum p ln q in nats; the entropy of `p` when `q` is not given.
 *
 * @throws {DataError} as `divergence`
 */
export function crossEntropy(p: readonly number[], q: readonly number[] = p): number {
  checkDistributions("crossEntropy", p, q);
  return sum(p.map((one, index) => (one === 0 ? 0 : -one * Math.log(q[index]!))));
}

function checkDistributions(where: string, p: readonly number[], q: readonly number[]): void {
  checkPaired(where, p, q);
  for (const distribution of [p, q]) {
    checkProbabilities(where, distribution);
    const total = sum(distribution);
    if (Math.abs(total - 1) > 1e-6) {
      throw new DataError(`${where}: expected probabilities with the sum 1, got the sum ${total}`);
    }
  }
}

/** sum p ln(p / q), from parts p ln(p / q) - p + q that are never below 0. */
function relativeEntropy(p: readonly number[], q: readonly number[]): number {
  const parts = p.map((one, index) => {
    const other = q[index]!;
    if (one === 0) return other;
    const change = (other - one) / one;
    const log = change < -0.5 ? Math.log(other / one) : Math.log1p(change);
    return other === 0 ? Infinity : one * expm1Excess(log);
  });
  const excess = sum(p.flatMap((one, index) => [one, -q[index]!]));
  return sum(parts) + excess;
}

/** Schulman's estimates of KL(policy || reference), one for each sample, in nats. */
export interface DivergenceEstimates {
  /** -ln r: without bias, may be below 0. */
  readonly k1: readonly number[];
  /** (ln r)² / 2: biased, never below 0. */
  readonly k2: readonly number[];
  /** r - 1 - ln r: without bias, never below 0. */
  readonly k3: readonly number[];
}

/**
 * Estimates of KL(policy || reference) from samples of the policy, with r = reference / policy.
 *
 * @param policy - natural logarithms of the policy's probabilities of its own samples
 * @param reference - those of the reference, of the same samples
 * @throws {DataError} for lists of different lengths or none, or numbers that are not finite
 * @see Schulman 2020, "Approximating KL divergence"
 */
export function divergenceEstimates(
  policy: readonly number[],
  reference: readonly number[],
): DivergenceEstimates {
  checkPaired("divergenceEstimates", policy, reference);
  checkNumbers("divergenceEstimates", policy);
  checkNumbers("divergenceEstimates", reference);
  const logs = reference.map((log, index) => log - policy[index]!);
  return {
    // Not -log, which would be -0 for equal models.
    k1: logs.map((log) => 0 - log),
    k2: logs.map((log) => (log * log) / 2),
    k3: logs.map(expm1Excess),
  };
}

/** Mean of estimates and their variance with n - 1, which one estimate alone has not. */
export function estimateMoments(estimates: readonly number[]): {
  readonly mean: number;
  readonly variance: number | undefined;
} {
  const variance = estimates.length < 2 ? undefined : standardDeviation(estimates) ** 2;
  return { mean: mean(estimates), variance };
}

/** exp(x) - 1 - x, by its series where the difference would lose digits. */
function expm1Excess(x: number): number {
  if (Math.abs(x) > 0.5) return Math.expm1(x) - x;
  let term = (x * x) / 2;
  let total = 0;
  for (let power = 3; total + term !== total; power++) {
    total += term;
    term *= x / power;
  }
  return total;
}
