import { DataError } from "../errors.ts";
import { checkCounts } from "./_checks.ts";
import { mean } from "./quantile.ts";

/** A probability with the logarithms of it and of its rest, each to its last digits. */
export interface DrawProbability {
  readonly value: number;
  /** -Infinity when `value` is 0. */
  readonly log: number;
  /** ln(1 - value); -Infinity when `value` is 1. */
  readonly logRest: number;
}

/** `correct` right answers among the `n` that a problem was given. */
export interface Attempts {
  readonly n: number;
  readonly correct: number;
}

/**
 * pass@k: the probability that at least one of `k` answers drawn from the `n` is right, without
 * bias: 1 - C(n - c, k) / C(n, k), as a product.
 *
 * @throws {DataError} when the counts are not whole numbers with 0 <= correct <= n, 1 <= k <= n
 * @see Chen et al. 2021, arXiv 2107.03374, equation 1
 */
export function passAtK({ n, correct }: Attempts, k: number): DrawProbability {
  checkDraws("passAtK", { n, correct }, k);
  const logRest = logAllFrom(n - correct, n, k);
  return { value: 0 - Math.expm1(logRest), log: logOfRest(logRest), logRest };
}

/**
 * pass^k: the probability that all of `k` answers drawn from the `n` are right:
 * C(c, k) / C(n, k).
 *
 * @throws {DataError} as `passAtK`
 * @see Yao et al. 2024, "tau-bench", arXiv 2406.12045
 */
export function passHatK({ n, correct }: Attempts, k: number): DrawProbability {
  checkDraws("passHatK", { n, correct }, k);
  const log = logAllFrom(correct, n, k);
  return { value: Math.exp(log), log, logRest: logOfRest(log) };
}

/**
 * Mean pass@k of the problems of a data set.
 *
 * @throws {DataError} when there is no problem, or one with fewer than `k` answers
 */
export function datasetPassAtK(problems: readonly Attempts[], k: number): number {
  if (problems.length === 0) throw new DataError("datasetPassAtK: expected a problem, got none");
  return mean(problems.map((problem) => passAtK(problem, k).value));
}

/** ln(C(some, k) / C(n, k)): every one of `k` draws from `n` is among `some`. */
function logAllFrom(some: number, n: number, k: number): number {
  if (some < k) return Number.NEGATIVE_INFINITY;
  // Of the two products that give it, the one with fewer factors: over draws, or over the others.
  const others = n - some;
  const [factors, size] = others < k ? [others, k] : [k, others];
  let log = 0;
  for (let all = n; all > n - factors; all--) {
    const share = size / all;
    log += share > 0.5 ? Math.log((all - size) / all) : Math.log1p(-share);
  }
  return log;
}

/** ln(1 - exp(log)) for log <= 0. */
function logOfRest(log: number): number {
  return log > -Math.LN2 ? Math.log(-Math.expm1(log)) : Math.log1p(0 - Math.exp(log));
}

function checkDraws(where: string, { n, correct }: Attempts, k: number): void {
  checkCounts(where, correct, n);
  if (!(Number.isInteger(k) && k >= 1 && k <= n)) {
    throw new DataError(`${where}: expected a whole k with 1 <= k <= n, got k ${k} and n ${n}`);
  }
}
