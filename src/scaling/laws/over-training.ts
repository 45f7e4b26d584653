import { exponentGrid, sumOfPowers } from "./_sum-of-powers.ts";

/**
 * Runs with more tokens per parameter than is optimal, M = D / N: size and data share one exponent,
 * L(N, D) = E + A N^-alpha + B D^-alpha, so that at any fixed M the loss is a power of the compute
 * with the same exponent alpha / 2 and the same E.
 *
 * @see Gadre et al. 2024, equation 4, arXiv 2403.08540
 */
export const overTrainingForm = sumOfPowers({
  name: "over-training",
  terms: [
    { reads: "n", coefficient: "A", exponent: "alpha" },
    { reads: "d", coefficient: "B", exponent: "alpha" },
  ],
  exponents: exponentGrid(60),
});
