import { exponentGrid, sumOfPowers } from "./_sum-of-powers.ts";

/**
 * The law of compute-optimal runs as a form for tables, L(C) = E + A C^-alpha.
 *
 * @see `LossLaw`, where the same law is written a C^b + c
 */
export const powerForm = sumOfPowers({
  name: "power",
  terms: [{ reads: "c", coefficient: "A", exponent: "alpha" }],
  exponents: exponentGrid(60),
});

/** The same without an irreducible part. */
export const powerToZeroForm = sumOfPowers({
  name: "power-to-zero",
  terms: [{ reads: "c", coefficient: "A", exponent: "alpha" }],
  exponents: exponentGrid(60),
  hasConstant: false,
});
