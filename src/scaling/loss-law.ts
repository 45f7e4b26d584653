/**
 * The law of the loss of compute-optimal runs, L(C) = a C^b + c: the loss falls as a power of the
 * compute C towards an irreducible part c.
 *
 * Bounds: a > 0, b < 0, and 0 <= c < the smallest loss it was fitted to. C in FLOP, L, a and c in
 * the unit of the losses (nats per token unless said otherwise).
 *
 * @see GPT-4 technical report 2023, section 3.1; Henighan et al. 2020, arXiv 2010.14701
 */
export interface LossLaw {
  readonly a: number;
  readonly b: number;
  /** The irreducible loss. */
  readonly c: number;
}

/** The names of the parameters, in the order of every gradient. */
export const lossLawParameters = ["a", "b", "c"] as const;

/** The loss that the law gives to a compute in FLOP. */
export function lossAt(law: LossLaw, flops: number): number {
  // Through the logarithm: a may be large where flops^b is small.
  return Math.exp(Math.log(law.a) + law.b * Math.log(flops)) + law.c;
}

/** The gradient of the loss with respect to a, b and c. */
export function lossGradient(law: LossLaw, flops: number): readonly [number, number, number] {
  const reducible = lossAt(law, flops) - law.c;
  return [reducible / law.a, reducible * Math.log(flops), 1];
}

/** Whether the parameters lie in the law's bounds for losses of at least `smallestLoss`. */
export function isAdmissible({ a, b, c }: LossLaw, smallestLoss: number): boolean {
  return Number.isFinite(a) && a > 0 && b < 0 && c >= 0 && c < smallestLoss;
}

/** The law in words, such as `L(C) = 36.08 C^-0.0821 + 1.302`. */
export function describeLaw({ a, b, c }: LossLaw): string {
  const reducible = `L(C) = ${a.toPrecision(4)} C^${b.toPrecision(3)}`;
  return c === 0 ? reducible : `${reducible} + ${c.toPrecision(4)}`;
}
