import { checkProbabilities, checkShares } from "./_checks.ts";

/**
 * How p-values of several tests are corrected. `bonferroni`, `holm` and `hochberg` bound the chance
 * of any false rejection (Hochberg's for independent or positively dependent tests);
 * `benjamini-hochberg` bounds the expected share of false ones among the rejections,
 * `benjamini-yekutieli` under any dependence.
 */
export type Correction =
  | "bonferroni"
  | "holm"
  | "hochberg"
  | "benjamini-hochberg"
  | "benjamini-yekutieli";

interface CorrectionRule {
  /** What the p-value of `place` (1 the smallest) among `count` is multiplied by. */
  factor(place: number, count: number): number;
  /**
   * Where rejections end: before the first p-value above its threshold, from the smallest one up,
   * or at the last one that is not above it, from the largest one down.
   */
  readonly from: "smallest" | "largest";
}

const rules: { readonly [name in Correction]: CorrectionRule } = {
  bonferroni: { factor: (_place, count) => count, from: "smallest" },
  holm: { factor: (place, count) => count - place + 1, from: "smallest" },
  hochberg: { factor: (place, count) => count - place + 1, from: "largest" },
  "benjamini-hochberg": { factor: (place, count) => count / place, from: "largest" },
  "benjamini-yekutieli": {
    factor: (place, count) => (count / place) * harmonic(count),
    from: "largest",
  },
};

function harmonic(count: number): number {
  let total = 0;
  for (let one = count; one >= 1; one--) total += 1 / one;
  return total;
}

/** Corrected p-values and decisions, in the order of the tests. */
export interface CorrectedTests {
  /** At most 1; the smallest alpha at which the test is rejected. */
  readonly adjusted: readonly number[];
  readonly isRejected: readonly boolean[];
}

/**
 * Corrects the p-values of several tests of one question, such as one model against many.
 *
 * @param alpha - a test is rejected when its p-value is at most its threshold
 * @throws {DataError} for no p-value, or one outside [0, 1]
 * @throws {ConfigError} when alpha is not in (0, 1)
 * @see Holm 1979; Hochberg 1988; Benjamini, Hochberg 1995; Benjamini, Yekutieli 2001
 */
export function correctTests(
  pValues: readonly number[],
  { correction = "holm", alpha = 0.05 }: { correction?: Correction; alpha?: number } = {},
): CorrectedTests {
  checkProbabilities("correctTests", pValues);
  checkShares("correctTests", { alpha });
  const { factor, from } = rules[correction];
  const count = pValues.length;
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(count).fill(1);
  const isRejected = new Array<boolean>(count).fill(false);
  const steps = order.map((index, below) => ({ index, scale: factor(below + 1, count) }));
  if (from === "largest") steps.reverse();
  // From the smallest up, one acceptance stops all; from the largest down, one rejection takes all.
  let isPast = false;
  let bound = from === "smallest" ? 0 : 1;
  for (const { index, scale } of steps) {
    const p = pValues[index]!;
    bound = from === "smallest" ? Math.max(bound, p * scale) : Math.min(bound, p * scale);
    adjusted[index] = Math.min(1, bound);
    const isWithin = p <= alpha / scale;
    isPast ||= from === "smallest" ? !isWithin : isWithin;
    isRejected[index] = from === "smallest" ? !isPast : isPast;
  }
  return { adjusted, isRejected };
}
