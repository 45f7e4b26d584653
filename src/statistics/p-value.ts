import { normalCdf, studentCdf } from "./distributions.ts";

/** What a test looks for: a difference from zero, one above it, or one below it. */
export type Alternative = "two-sided" | "larger" | "smaller";

/**
 * Probability, under the null hypothesis, of a statistic at least as far out as this one; not a
 * number when the statistic is none.
 *
 * @param cdf - distribution function of the statistic, which is symmetric around 0
 */
export function pValue(
  statistic: number,
  alternative: Alternative,
  cdf: (x: number) => number = normalCdf,
): number {
  if (Number.isNaN(statistic)) return Number.NaN;
  if (alternative === "two-sided") return 2 * cdf(-Math.abs(statistic));
  return cdf(alternative === "larger" ? -statistic : statistic);
}

/** As `pValue`, for Student's t with `df` degrees of freedom. */
export function studentPValue(t: number, df: number, alternative: Alternative): number {
  return pValue(t, alternative, (x) => studentCdf(x, df));
}
