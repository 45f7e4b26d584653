import { exponentGrid, sumOfPowers } from "./_sum-of-powers.ts";

/**
 * The loss as a sum of what is irreducible, what the model's size and what its data leave:
 * L(N, D) = E + A N^-alpha + B D^-beta, all of them above zero.
 *
 * @see Hoffmann et al. 2022, approach 3, arXiv 2203.15556
 */
export const additiveForm = sumOfPowers({
  name: "additive",
  terms: [
    { reads: "n", coefficient: "A", exponent: "alpha" },
    { reads: "d", coefficient: "B", exponent: "beta" },
  ],
  exponents: exponentGrid(24),
});
