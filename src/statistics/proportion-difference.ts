import { checkCounts, checkShares } from "./_checks.ts";
import { bisect } from "./bisect.ts";
import { normalQuantile } from "./distributions.ts";
import { type Interval, wilsonInterval } from "./intervals.ts";
import { type Alternative, pValue } from "./p-value.ts";

/** `count` successes in `n` independent trials. */
export interface Successes {
  readonly count: number;
  readonly n: number;
}

/**
 * How an interval of a difference of two proportions is made: `newcombe` joins two Wilson
 * intervals, `miettinen-nurminen` inverts the score test and stays within [-1, 1], `agresti-caffo`
 * and `wald` may leave it.
 */
export type DifferenceMethod = "newcombe" | "miettinen-nurminen" | "agresti-caffo" | "wald";

type DifferenceRule = (first: Successes, second: Successes, level: number) => Interval;

const rules: { readonly [method in DifferenceMethod]: DifferenceRule } = {
  newcombe: newcombeInterval,
  "miettinen-nurminen": scoreInterval,
  "agresti-caffo": (first, second, level) => {
    const padded = ({ count, n }: Successes) => ({ count: count + 1, n: n + 2 });
    return waldInterval(padded(first), padded(second), level);
  },
  wald: waldInterval,
};

/**
 * Interval of the rate of `first` minus the rate of `second`, for two independent samples. For two
 * models on the same questions use a paired test instead.
 *
 * @throws {DataError} when counts are not whole numbers with 0 <= count <= n, n > 0
 * @throws {ConfigError} when the level is not in (0, 1)
 * @see Newcombe 1998, Stat. Med. 17: 873; Miettinen, Nurminen 1985; Agresti, Caffo 2000
 */
export function proportionDifference(
  first: Successes,
  second: Successes,
  { method = "newcombe", level = 0.95 }: { method?: DifferenceMethod; level?: number } = {},
): Interval {
  checkCounts("proportionDifference", first.count, first.n);
  checkCounts("proportionDifference", second.count, second.n);
  checkShares("proportionDifference", { level });
  return rules[method](first, second, level);
}

/**
 * Test that two independent samples have one rate, with their pooled variance.
 *
 * @returns not numbers when all trials succeeded or all failed
 * @throws {DataError} as `proportionDifference`
 */
export function twoProportionTest(
  first: Successes,
  second: Successes,
  alternative: Alternative = "two-sided",
): { readonly z: number; readonly pValue: number } {
  checkCounts("twoProportionTest", first.count, first.n);
  checkCounts("twoProportionTest", second.count, second.n);
  const pooled = (first.count + second.count) / (first.n + second.n);
  const variance = pooled * (1 - pooled) * (1 / first.n + 1 / second.n);
  const z = (rateOf(first) - rateOf(second)) / Math.sqrt(variance);
  return { z, pValue: pValue(z, alternative) };
}

function rateOf({ count, n }: Successes): number {
  return count / n;
}

/** p (1 - p) / n. */
function varianceOf(rate: number, n: number): number {
  return (rate * (1 - rate)) / n;
}

function waldInterval(first: Successes, second: Successes, level: number): Interval {
  const [p1, p2] = [rateOf(first), rateOf(second)];
  const half =
    normalQuantile((1 + level) / 2) * Math.sqrt(varianceOf(p1, first.n) + varianceOf(p2, second.n));
  return { low: p1 - p2 - half, high: p1 - p2 + half, level };
}

function newcombeInterval(first: Successes, second: Successes, level: number): Interval {
  const [p1, p2] = [rateOf(first), rateOf(second)];
  const one = wilsonInterval(first.count, first.n, level);
  const two = wilsonInterval(second.count, second.n, level);
  return {
    low: p1 - p2 - Math.hypot(p1 - one.low, two.high - p2),
    high: p1 - p2 + Math.hypot(one.high - p1, p2 - two.low),
    level,
  };
}

/** All differences that the score test of Miettinen and Nurminen does not reject. */
function scoreInterval(first: Successes, second: Successes, level: number): Interval {
  const z = normalQuantile((1 + level) / 2);
  const difference = rateOf(first) - rateOf(second);
  const total = first.n + second.n;
  const isKept = (candidate: number) => {
    const p2 = constrainedRate(first, second, candidate);
    const variance = varianceOf(p2 + candidate, first.n) + varianceOf(p2, second.n);
    return (difference - candidate) ** 2 < (z * z * variance * total) / (total - 1);
  };
  return {
    low: difference === -1 ? -1 : bisect((candidate) => !isKept(candidate), [-1, difference]),
    high: difference === 1 ? 1 : bisect(isKept, [difference, 1]),
    level,
  };
}

/**
 * The likeliest rate of `second` when that of `first` is larger by `difference`. The likelihood is
 * concave, so its slope is bisected; the closed form by a cubic loses half of the digits where two
 * of its roots meet.
 */
function constrainedRate(first: Successes, second: Successes, difference: number): number {
  const slope = (p2: number) => {
    const p1 = p2 + difference;
    return (
      ratio(first.count, p1) -
      ratio(first.n - first.count, 1 - p1) +
      ratio(second.count, p2) -
      ratio(second.n - second.count, 1 - p2)
    );
  };
  return bisect((p2) => slope(p2) > 0, [Math.max(0, -difference), Math.min(1, 1 - difference)]);
}

/** A count over a rate, 0 for no count even at the rate 0. */
function ratio(count: number, rate: number): number {
  return count === 0 ? 0 : count / rate;
}
