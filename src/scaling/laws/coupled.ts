import { exponentGrid, sumOfPowers } from "./_sum-of-powers.ts";

/**
 * Size and data that hinder each other: L(N, D) = E + (A N^-alpha + B D^-beta)^gamma. With gamma 1 it
 * is the additive law; with E left out, Kaplan's.
 *
 * @see Kaplan et al. 2020, equation 1.5, arXiv 2001.08361
 */
export const coupledForm = sumOfPowers({
  name: "coupled",
  terms: [
    { reads: "n", coefficient: "A", exponent: "alpha" },
    { reads: "d", coefficient: "B", exponent: "beta" },
  ],
  exponents: exponentGrid(24),
  coupling: "gamma",
});
