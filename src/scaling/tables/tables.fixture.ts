import { Random } from "../../statistics/random.ts";
import { additiveForm } from "../laws/additive.ts";
import type { LawParameters, LawRow } from "../laws/law-form.ts";

/** A law of size and data such as published ones. */
export const truth: LawParameters = { E: 1.8, A: 480, B: 2100, alpha: 0.35, beta: 0.37 };

/**
 * Runs of several sizes at each compute about the best one.
 *
 * @param noise - standard deviation of ln loss
 */
export function isoFlopRows({
  computes = [1e18, 3e18, 1e19, 3e19, 1e20, 3e20],
  noise = 0,
  seed = 1,
  ratios = [0.25, 0.4, 0.63, 1, 1.6, 2.5, 4],
}: {
  readonly computes?: readonly number[];
  readonly noise?: number;
  readonly seed?: number;
  readonly ratios?: readonly number[];
} = {}): LawRow[] {
  const random = new Random(seed);
  return computes.flatMap((c) =>
    ratios.map((ratio) => {
      const n = 0.09 * Math.sqrt(c) * ratio;
      const place = { n, d: c / 6 / n, c };
      const loss = additiveForm.lossAt(truth, place) * Math.exp(noise * random.normal());
      return { ...place, loss };
    }),
  );
}
