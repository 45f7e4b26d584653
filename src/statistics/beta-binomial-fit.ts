import { DataError } from "../errors.ts";
import { checkCounts } from "./_checks.ts";
import { betaBinomialLogProbability } from "./beta-binomial.ts";
import { binomialLogProbability } from "./binomial.ts";
import { bisect } from "./bisect.ts";
import { sum } from "./sum.ts";

/** The beta distribution of success rates that explains counts best. */
export interface BetaBinomialFit {
  /** Both infinite when the counts vary no more than with one rate, both 0 when all are 0 or n. */
  readonly a: number;
  readonly b: number;
  /** a / (a + b). */
  readonly mean: number;
  /** 1 / (a + b + 1): correlation of two trials of one problem, from 0 to 1. */
  readonly overdispersion: number;
  /** With the binomial coefficients. */
  readonly logLikelihood: number;
}

/** How many problems have more than i successes, failures and trials, for i = 0, 1, …. */
interface Tails {
  readonly successes: readonly number[];
  readonly failures: readonly number[];
  readonly trials: readonly number[];
}

/** The logarithms of a + b between which a finite optimum is looked for. */
const range = [Math.log(1e-8), Math.log(1e10)] as const;

/**
 * Maximum likelihood of Beta(a, b) for the success rates of problems, each tried several times:
 * how much rates differ between problems, beyond the chance of the trials.
 *
 * For every a + b the likelihood is concave in the mean, so the slopes are bisected, one within the
 * other; 4,000 evaluations of sums over the largest number of trials.
 *
 * @param problems - successes among the trials of each problem
 * @throws {DataError} when a problem's counts are none, no problem has two trials, or all trials
 *   have the same outcome
 * @see Skellam 1948; Griffiths 1973, Biometrics 29: 637
 */
export function fitBetaBinomial(
  problems: readonly { readonly count: number; readonly n: number }[],
): BetaBinomialFit {
  for (const { count, n } of problems) checkCounts("fitBetaBinomial", count, n);
  const total = sum(problems.map(({ count }) => count));
  const trials = sum(problems.map(({ n }) => n));
  if (!problems.some(({ n }) => n > 1) || total === 0 || total === trials) {
    throw new DataError(
      `fitBetaBinomial: expected successes and failures, and a problem with at least 2 trials; got ${total} successes in ${trials} trials of ${problems.length} problems`,
    );
  }
  const tails = {
    successes: tailCounts(problems.map(({ count }) => count)),
    failures: tailCounts(problems.map(({ count, n }) => n - count)),
    trials: tailCounts(problems.map(({ n }) => n)),
  };
  const isRising = (logSize: number) => {
    const size = Math.exp(logSize);
    return sizeSlope(tails, size, likeliestMean(tails, size)) > 0;
  };
  if (isRising(range[1])) return limit(problems, total / trials);
  if (!isRising(range[0])) return allOrNothing(problems);
  const size = Math.exp(bisect(isRising, range));
  const mean = likeliestMean(tails, size);
  const [a, b] = [size * mean, size * (1 - mean)];
  const logLikelihood = sum(
    problems.map(({ count, n }) => betaBinomialLogProbability(count, { n, a, b })),
  );
  return { a, b, mean, overdispersion: 1 / (size + 1), logLikelihood };
}

function tailCounts(counts: readonly number[]): number[] {
  const largest = counts.reduce((most, count) => Math.max(most, count), 0);
  const tails = new Array<number>(largest).fill(0);
  for (const count of counts) {
    if (count > 0) tails[count - 1]!++;
  }
  for (let place = tails.length - 2; place >= 0; place--) tails[place]! += tails[place + 1]!;
  return tails;
}

/** The mean where the slope of the log likelihood, with a + b = size, turns. */
function likeliestMean({ successes, failures }: Tails, size: number): number {
  const inverses = (tails: readonly number[], start: number) =>
    tails.reduce((all, count, place) => all + count / (start + place), 0);
  return bisect(
    (mean) => inverses(successes, size * mean) > inverses(failures, size * (1 - mean)),
    [0, 1],
  );
}

/** Slope of the log likelihood along ln(a + b); the parts that do not depend on it are left out. */
function sizeSlope({ successes, failures, trials }: Tails, size: number, mean: number): number {
  const shares = (tails: readonly number[], start: number) =>
    tails.reduce((all, count, place) => all + (count * place) / (start + place), 0);
  return (
    shares(trials, size) - shares(successes, size * mean) - shares(failures, size * (1 - mean))
  );
}

/** One rate for all problems. */
function limit(
  problems: readonly { readonly count: number; readonly n: number }[],
  mean: number,
): BetaBinomialFit {
  const logs = problems.map(({ count, n }) => binomialLogProbability(count, n, mean));
  return { a: Infinity, b: Infinity, mean, overdispersion: 0, logLikelihood: sum(logs) };
}

/** Each problem always succeeds or always fails. */
function allOrNothing(
  problems: readonly { readonly count: number; readonly n: number }[],
): BetaBinomialFit {
  const solved = problems.filter(({ count }) => count > 0).length;
  return {
    ...{ a: 0, b: 0, mean: solved / problems.length, overdispersion: 1 },
    logLikelihood: binomialEntropy(solved, problems.length),
  };
}

function binomialEntropy(count: number, n: number): number {
  return count * Math.log(count / n) + (n - count) * Math.log1p(-count / n);
}
