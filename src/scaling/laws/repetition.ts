import { exponentGrid, sumOfPowers } from "./_sum-of-powers.ts";
import type { LawPlace } from "./law-form.ts";

/**
 * Data that is repeated: the additive law in which a token that was seen before is worth less the
 * oftener, L(N, D, U) = E + A N^-alpha + B D'^-beta with D' = U + U R (1 - exp(-(D / U - 1) / R)), U the
 * tokens that differ and R the repetitions after which most of their worth is gone. Parameters
 * beyond what the unique tokens warrant count in full.
 *
 * @see Muennighoff et al. 2023, equation 5, arXiv 2305.16264, whose R is 15.4
 */
export const repetitionForm = sumOfPowers({
  name: "repetition",
  terms: [
    { reads: "n", coefficient: "A", exponent: "alpha" },
    {
      reads: "d",
      coefficient: "B",
      exponent: "beta",
      reach: { parameter: "R", starts: [2, 8, 30], log: logWorth },
    },
  ],
  exponents: exponentGrid(14),
});

/** ln D', and its slope by ln R. */
function logWorth({ d, unique = d }: LawPlace, decay: number): readonly [number, number] {
  const repetitions = Math.max(0, d / unique - 1);
  const left = Math.exp(-repetitions / decay);
  const worth = 1 + decay * (1 - left);
  return [Math.log(unique * worth), (decay * (1 - left) - repetitions * left) / worth];
}

/** Whether rows tell how often their data was repeated. */
export function tellsRepetition(rows: readonly LawPlace[]): boolean {
  return rows.some(({ d, unique = d }) => d > unique * 1.01);
}
