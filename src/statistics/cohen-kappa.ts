import { DataError } from "../errors.ts";
import { normalQuantile } from "./distributions.ts";
import type { Interval } from "./intervals.ts";

/** How much a disagreement of categories i and j counts: all alike, by |i - j|, or by its square. */
export type KappaWeights = "none" | "linear" | "quadratic";

/** Agreement of two raters beyond chance. */
export interface KappaEstimate {
  /** 1: always the same; 0: as by chance; not a number when both raters know one category only. */
  readonly kappa: number;
  /** Of large samples; 0 for perfect agreement, where it says nothing. */
  readonly standardError: number;
  /** The same when the raters agree by chance alone, for tests of that. */
  readonly nullStandardError: number;
  /** By the normal distribution, not cut at 1. */
  readonly interval: Interval;
  readonly n: number;
}

/**
 * Cohen's kappa of two raters with its large-sample interval.
 *
 * @param table - [categories, categories]: how often the first rater said i and the second one j
 * @throws {DataError} when the table is not square, empty, or has a count that is none
 * @see Cohen 1960, 1968; Fleiss, Cohen, Everitt 1969, "Large sample standard errors of kappa"
 */
export function cohenKappa(
  table: readonly (readonly number[])[],
  { weights = "none", level = 0.95 }: { weights?: KappaWeights; level?: number } = {},
): KappaEstimate {
  const n = checkTable(table);
  const places = table.map((_, i) => i);
  const share = (i: number, j: number) => table[i]![j]! / n;
  const sum = (of: (i: number) => number) => places.reduce((total, i) => total + of(i), 0);
  const sumAll = (of: (i: number, j: number) => number) => sum((i) => sum((j) => of(i, j)));
  const first = places.map((i) => sum((j) => share(i, j)));
  const second = places.map((j) => sum((i) => share(i, j)));
  const weight = agreementWeights(places.length, weights);
  const observed = sumAll((i, j) => weight(i, j) * share(i, j));
  const expected = sumAll((i, j) => weight(i, j) * first[i]! * second[j]!);
  const kappa = (observed - expected) / (1 - expected);
  const ofFirst = places.map((i) => sum((j) => second[j]! * weight(i, j)));
  const ofSecond = places.map((j) => sum((i) => first[i]! * weight(i, j)));
  const both = (i: number, j: number) => ofFirst[i]! + ofSecond[j]!;
  const spread =
    sumAll((i, j) => share(i, j) * (weight(i, j) - both(i, j) * (1 - kappa)) ** 2) -
    (kappa - expected * (1 - kappa)) ** 2;
  const nullSpread =
    sumAll((i, j) => first[i]! * second[j]! * (weight(i, j) - both(i, j)) ** 2) - expected ** 2;
  const error = (variance: number) =>
    Math.sqrt(Math.max(0, variance)) / ((1 - expected) * Math.sqrt(n));
  const standardError = error(spread);
  const half = normalQuantile((1 + level) / 2) * standardError;
  return {
    ...{ kappa, standardError, nullStandardError: error(nullSpread), n },
    interval: { low: kappa - half, high: kappa + half, level },
  };
}

/** 1 for the same category, less for others. */
function agreementWeights(categories: number, weights: KappaWeights) {
  const furthest = Math.max(1, categories - 1);
  return (i: number, j: number) => {
    if (weights === "none") return i === j ? 1 : 0;
    const distance = Math.abs(i - j) / furthest;
    return 1 - (weights === "linear" ? distance : distance ** 2);
  };
}

/** The sum of a table that can be one. */
function checkTable(table: readonly (readonly number[])[]): number {
  const counts = table.flat();
  const isSquare = table.every(({ length }) => length === table.length);
  const isCounted = counts.every((count) => count >= 0 && Number.isFinite(count));
  const n = counts.reduce((sum, count) => sum + count, 0);
  if (isSquare && isCounted && n > 0) return n;
  throw new DataError(
    `cohenKappa: expected a square table of counts, not all 0, got ${JSON.stringify(table)}`,
  );
}
