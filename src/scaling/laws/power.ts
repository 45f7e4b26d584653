import { exponentGrid, sumOfPowers } from "./_sum-of-powers.ts";

/**
 * The law of compute-optimal runs as a form for tables, L(C) = E + A C^-alpha.
 *
 * @see `LossLaw`, where the same law is written a C^b + c
 */
export const powerForm = sumOfPowers(
  "power",
  [{ reads: "c", coefficient: "A", exponent: "alpha" }],
  exponentGrid(60),
);
