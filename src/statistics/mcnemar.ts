import { DataError } from "../errors.ts";
import { binomialCdf, binomialProbability } from "./binomial.ts";
import { pValue } from "./p-value.ts";

/** What McNemar's test says of two models on the same questions. */
export interface McnemarResult {
  /** The smaller one of the two counts of questions that only one model answers. */
  readonly statistic: number;
  /** Exact and conditional on the number of discordant questions; never rejects too often. */
  readonly exactP: number;
  /** The exact p-value less half the probability of the observed counts; close to its level. */
  readonly midP: number;
  /** The chi-squared approximation; undefined without a discordant question. */
  readonly chiSquared: ChiSquared | undefined;
  /** The same with Edwards' continuity correction. */
  readonly corrected: ChiSquared | undefined;
}

/** A statistic with one degree of freedom. */
export interface ChiSquared {
  readonly statistic: number;
  readonly pValue: number;
}

/**
 * McNemar's test, two-sided, that two models are right equally often on the same questions.
 *
 * @param onlyFirst - questions that only the first model answers rightly
 * @param onlySecond - questions that only the second one does
 * @throws {DataError} when a count is negative or not whole
 * @see McNemar 1947; Fagerland, Lydersen, Laake 2013, doi 10.1186/1471-2288-13-91
 */
export function mcnemarTest(onlyFirst: number, onlySecond: number): McnemarResult {
  if (![onlyFirst, onlySecond].every((count) => Number.isInteger(count) && count >= 0)) {
    throw new DataError(
      `mcnemarTest: expected whole counts of 0 or more, got ${onlyFirst} and ${onlySecond}`,
    );
  }
  const statistic = Math.min(onlyFirst, onlySecond);
  const discordant = onlyFirst + onlySecond;
  const apart = Math.abs(onlyFirst - onlySecond);
  const chiSquared = (distance: number) => {
    if (discordant === 0) return undefined;
    const z = distance / Math.sqrt(discordant);
    return { statistic: distance ** 2 / discordant, pValue: pValue(z, "two-sided") };
  };
  return {
    statistic,
    ...mcnemarP(statistic, discordant),
    chiSquared: chiSquared(apart),
    corrected: chiSquared(apart - 1),
  };
}

/**
 * The exact and the mid-p value for the smaller count among `discordant` questions.
 *
 * @see Fagerland, Lydersen, Laake 2013
 */
export function mcnemarP(smaller: number, discordant: number): { exactP: number; midP: number } {
  const doubled = 2 * binomialCdf(smaller, discordant, 0.5);
  const isTie = 2 * smaller === discordant;
  return {
    exactP: Math.min(1, doubled),
    midP: isTie ? 1 : doubled - binomialProbability(smaller, discordant, 0.5),
  };
}
