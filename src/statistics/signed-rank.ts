import { ConfigError } from "../errors.ts";
import { checkNumbers } from "./_checks.ts";
import { type Alternative, pValue } from "./p-value.ts";

/** How the signed-rank test is made. */
export interface SignedRankOptions {
  readonly alternative?: Alternative;
  /**
   * Differences of 0: `drop` as Wilcoxon, `rank-and-drop` as Pratt (they take the lowest ranks and
   * then leave), `split` (half of their ranks counts for each side).
   */
  readonly zeros?: "drop" | "rank-and-drop" | "split";
  /**
   * `exact` needs differences without zeros and without ties of their sizes; `automatic` is exact
   * for at most 50 such differences.
   */
  readonly method?: "automatic" | "exact" | "asymptotic";
  /** Whether the asymptotic statistic is moved by one half towards its mean. */
  readonly hasContinuityCorrection?: boolean;
}

/** What Wilcoxon's signed-rank test says. */
export interface SignedRankResult {
  /** Sum of the ranks of positive differences; two-sided, the smaller one of the two sums. */
  readonly statistic: number;
  readonly pValue: number;
  /** Of the asymptotic test: above 0 when positive ranks prevail, but -|z| when two-sided. */
  readonly z: number | undefined;
}

/** The sums that the test is made from. */
interface Ranks {
  readonly plus: number;
  readonly minus: number;
  readonly mean: number;
  readonly deviation: number;
  readonly isExact: boolean;
  /** The number of ranked differences. */
  readonly n: number;
}

/**
 * Wilcoxon's signed-rank test that paired differences are symmetric around 0.
 *
 * @param differences - first score less second score, one for each question
 * @returns with not a number as `pValue` when every difference is 0
 * @throws {DataError} for no difference, or one that is not finite
 * @throws {ConfigError} when `exact` is asked for differences with zeros or ties
 * @see Wilcoxon 1945; Pratt 1959
 */
export function signedRankTest(
  differences: readonly number[],
  {
    alternative = "two-sided",
    zeros = "drop",
    method = "automatic",
    hasContinuityCorrection = false,
  }: SignedRankOptions = {},
): SignedRankResult {
  checkNumbers("signedRankTest", differences);
  const ranks = rank(differences, zeros);
  const statistic = alternative === "two-sided" ? Math.min(ranks.plus, ranks.minus) : ranks.plus;
  if (method === "exact" && !ranks.isExact) {
    throw new ConfigError(
      "signedRankTest: the exact method expects differences without zeros and without ties; use the asymptotic method",
    );
  }
  if (method === "exact" || (method === "automatic" && ranks.isExact && ranks.n <= 50)) {
    return { statistic, pValue: exactP(ranks, alternative), z: undefined };
  }
  const distance = ranks.plus - ranks.mean;
  const direction = { "two-sided": Math.sign(distance), larger: 1, smaller: -1 }[alternative];
  const shift = hasContinuityCorrection ? direction / 2 : 0;
  const z = (distance - shift) / ranks.deviation;
  const isTwoSided = alternative === "two-sided";
  return { statistic, pValue: pValue(z, alternative), z: isTwoSided ? -Math.abs(z) : z };
}

function rank(
  differences: readonly number[],
  zeros: NonNullable<SignedRankOptions["zeros"]>,
): Ranks {
  const kept = zeros === "drop" ? differences.filter((one) => one !== 0) : [...differences];
  kept.sort((left, right) => Math.abs(left) - Math.abs(right));
  const n = kept.length;
  const none = kept.filter((one) => one === 0).length;
  const skipped = zeros === "rank-and-drop" ? none : 0;
  let [plus, minus, ties] = [0, 0, 0];
  for (const { start, end } of groups(kept)) {
    const size = end - start;
    const isZero = kept[start] === 0;
    if (isZero && skipped > 0) continue;
    const positive = kept.slice(start, end).filter((one) => one > 0).length;
    // Ranks start + 1 … end have this mean.
    const shared = (start + 1 + end) / 2;
    plus += shared * (isZero ? size / 2 : positive);
    minus += shared * (isZero ? size / 2 : size - positive);
    ties += size ** 3 - size;
  }
  const squares = (count: number) => count * (count + 1) * (2 * count + 1);
  return {
    ...{ plus, minus, n },
    mean: (n * (n + 1) - skipped * (skipped + 1)) / 4,
    deviation: Math.sqrt((squares(n) - squares(skipped) - ties / 2) / 24),
    isExact: none === 0 && ties === 0 && n === differences.length,
  };
}

/** Where numbers of one size begin and end, among numbers sorted by their size. */
function* groups(sorted: readonly number[]): Generator<{ start: number; end: number }> {
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && Math.abs(sorted[end]!) === Math.abs(sorted[start]!)) end++;
    yield { start, end };
    start = end;
  }
}

/** From the distribution of the sum of the ranks with random signs, added rank by rank. */
function exactP({ plus, minus, n }: Ranks, alternative: Alternative): number {
  const total = (n * (n + 1)) / 2;
  const shares = new Float64Array(total + 1);
  shares[0] = 1;
  for (let one = 1; one <= n; one++) {
    for (let sum = (one * (one + 1)) / 2; sum >= 0; sum--) {
      shares[sum] = (shares[sum]! + (sum >= one ? shares[sum - one]! : 0)) / 2;
    }
  }
  const atMost = (sum: number) => shares.slice(0, sum + 1).reduce((all, share) => all + share, 0);
  if (alternative === "two-sided") return Math.min(1, 2 * atMost(Math.min(plus, minus)));
  // The distribution is symmetric: as many positive as negative ranks.
  return atMost(alternative === "larger" ? minus : plus);
}
