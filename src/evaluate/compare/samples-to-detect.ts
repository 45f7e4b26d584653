import { ConfigError } from "../../errors.ts";
import { normalQuantile } from "../../statistics/distributions.ts";
import { mcnemarSize } from "../../statistics/mcnemar-power.ts";
import { standardDeviation } from "../../statistics/quantile.ts";
import { twoProportionSize } from "../../statistics/two-proportion-power.ts";
import { isBinary } from "../eval-task.ts";

/** How surely a difference is to be found. */
const test = { alpha: 0.05, power: 0.8 } as const;

/**
 * Samples at which two runs of the same questions would show a difference, two-sided at 0.05 with a
 * power of 0.8: McNemar's test at the share of flips that was seen, of other scores a paired t test
 * at the deviation that was seen.
 *
 * @param pairs - scores of the same questions, both seen
 * @param difference - of the means
 * @returns undefined when all pairs are equal: how often they differ is not known then
 * @throws {ConfigError} when the difference is not above 0, or more than such scores can differ by
 */
export function pairedSamplesToDetect(
  pairs: readonly (readonly [first: number, second: number])[],
  difference: number,
): number | undefined {
  checkDifference(difference);
  const flips = pairs.filter(([first, second]) => first !== second).length;
  if (flips === 0) return undefined;
  if (pairs.every(([first, second]) => isBinary(first) && isBinary(second))) {
    checkDifference(difference, 1);
    const rate = Math.max(flips / pairs.length, difference); // a difference needs as many flips
    const shares = { onlyFirst: (rate - difference) / 2, onlySecond: (rate + difference) / 2 };
    return Math.ceil(mcnemarSize(shares, test));
  }
  return normalSize(standardDeviation(pairs.map(([first, second]) => second - first)), difference);
}

/**
 * Samples that each of two runs of questions of their own needs to show a difference, as above: a
 * test of two proportions, of other scores one of two means.
 *
 * @param values - scores of one run, from which the other is to differ
 * @returns undefined for fewer than two values
 * @throws {ConfigError} when the difference is not above 0, or more than a share can differ by
 */
export function samplesToDetect(values: readonly number[], difference: number): number | undefined {
  checkDifference(difference);
  if (values.length < 2) return undefined;
  if (!values.every(isBinary)) {
    return normalSize(standardDeviation(values) * Math.SQRT2, difference);
  }
  const first = values.filter((value) => value === 1).length / values.length;
  checkDifference(difference, Math.max(first, 1 - first));
  // towards the half, where a difference is hardest to see
  const second = first <= 0.5 ? first + difference : first - difference;
  return Math.ceil(twoProportionSize({ first, second }, test.power, { alpha: test.alpha }));
}

function normalSize(deviation: number, difference: number): number {
  const factor = normalQuantile(1 - test.alpha / 2) + normalQuantile(test.power);
  return Math.max(2, Math.ceil(((factor * deviation) / difference) ** 2));
}

/** @param most - between the scores that were seen and any others */
function checkDifference(difference: number, most = Number.POSITIVE_INFINITY): void {
  if (difference > 0 && difference <= most && Number.isFinite(difference)) return;
  const limit = Number.isFinite(most) ? ` and at most ${most}` : "";
  throw new ConfigError(`--detect: expected a difference above 0${limit}, got ${difference}`);
}
