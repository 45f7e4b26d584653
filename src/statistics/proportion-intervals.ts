import { checkCounts, checkShares } from "./_checks.ts";
import { betaQuantile, normalQuantile } from "./distributions.ts";
import { clopperPearsonInterval, type Interval, wilsonInterval } from "./intervals.ts";

/** An interval of a proportion from `count` successes in `n` trials, at a level in (0, 1). */
type IntervalRule = (count: number, n: number, level: number) => Interval;

/**
 * How an interval of a proportion is made. `wilson` is the default for reports, `clopper-pearson`
 * never covers less than its level, `jeffreys` has equal tails of the posterior of Beta(1/2, 1/2),
 * `jeffreys-closed` the same with 0 at no success and 1 at no failure, as Brown, Cai and DasGupta
 * define it; `wald`, the textbook's, covers too little for few trials or rates near 0 and 1.
 */
export type ProportionMethod =
  | "wilson"
  | "wilson-continuity"
  | "clopper-pearson"
  | "jeffreys"
  | "jeffreys-closed"
  | "agresti-coull"
  | "wald";

const rules: { readonly [method in ProportionMethod]: IntervalRule } = {
  wilson: wilsonInterval,
  "wilson-continuity": continuityInterval,
  "clopper-pearson": clopperPearsonInterval,
  jeffreys: jeffreysInterval,
  "jeffreys-closed": (count, n, level) => {
    const { low, high } = jeffreysInterval(count, n, level);
    return { low: count === 0 ? 0 : low, high: count === n ? 1 : high, level };
  },
  "agresti-coull": (count, n, level) => {
    const square = quantileOf(level) ** 2;
    return waldInterval(count + square / 2, n + square, level);
  },
  wald: waldInterval,
};

/**
 * Interval of a proportion, for `count` successes in `n` independent trials; within [0, 1].
 *
 * @throws {DataError} when the counts are not whole numbers with 0 <= count <= n, n > 0
 * @throws {ConfigError} when the level is not in (0, 1)
 * @see Brown, Cai, DasGupta 2001, "Interval estimation for a binomial proportion"
 */
export function proportionInterval(
  count: number,
  n: number,
  { method = "wilson", level = 0.95 }: { method?: ProportionMethod; level?: number } = {},
): Interval {
  checkCounts("proportionInterval", count, n);
  checkShares("proportionInterval", { level });
  return rules[method](count, n, level);
}

function quantileOf(level: number): number {
  return normalQuantile((1 + level) / 2);
}

function waldInterval(count: number, n: number, level: number): Interval {
  const rate = count / n;
  const half = quantileOf(level) * Math.sqrt((rate * (1 - rate)) / n);
  return { low: Math.max(0, rate - half), high: Math.min(1, rate + half), level };
}

function jeffreysInterval(count: number, n: number, level: number): Interval {
  const tail = (1 - level) / 2;
  const [a, b] = [count + 0.5, n - count + 0.5];
  return { low: betaQuantile(tail, a, b), high: 1 - betaQuantile(tail, b, a), level };
}

/** Wilson's interval with continuity correction. @see Newcombe 1998, Stat. Med. 17: 857, method 4 */
function continuityInterval(count: number, n: number, level: number): Interval {
  const z = quantileOf(level);
  const rate = count / n;
  /** The low end for -1, the high end for 1. */
  const end = (side: -1 | 1) => {
    const under = z * z + 2 * side - 1 / n + 4 * rate * (n - count - side);
    return (2 * count + z * z + side * (1 + z * Math.sqrt(under))) / (2 * (n + z * z));
  };
  const low = count === 0 ? 0 : Math.max(0, end(-1));
  return { low, high: count === n ? 1 : Math.min(1, end(1)), level };
}
