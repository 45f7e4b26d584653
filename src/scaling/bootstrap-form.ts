import { percentileInterval } from "../statistics/bootstrap.ts";
import type { Interval } from "../statistics/intervals.ts";
import { Random } from "../statistics/random.ts";
import { drawRows } from "./draw-rows.ts";
import { type Deviation, type FormFit, fitForm } from "./fit-form.ts";
import type { LawForm, LawRow } from "./laws/law-form.ts";

/**
 * Percentile intervals of a law's parameters from refits to rows drawn with replacement, clusters
 * as a whole, each begun where the whole fit ended. They hold what the choice of rows moves, and nothing
 * of what the law itself gets wrong.
 *
 * @param fit - to all the rows
 */
export function bootstrapForm(
  form: LawForm,
  rows: readonly LawRow[],
  fit: FormFit,
  options: {
    readonly deviation: Deviation;
    readonly draws: number;
    readonly level: number;
    readonly seed: number;
  },
): Readonly<Record<string, Interval>> {
  const { deviation, draws, level, seed } = options;
  const random = new Random(seed);
  const settings = { deviation, starts: 0, from: fit.variables };
  const found = Array.from({ length: draws }, () => {
    return fitForm(form, drawRows(rows, random), settings).parameters;
  });
  return Object.fromEntries(
    form.parameters.map((name) => {
      const values = found.map((parameters) => parameters[name]!);
      return [name, percentileInterval(values, level)];
    }),
  );
}
