import { type FormFit, type FormFitSettings, fitForm } from "../fit-form.ts";
import { additiveForm } from "../laws/additive.ts";
import { bestPlace } from "../laws/best-size.ts";
import { coupledForm } from "../laws/coupled.ts";
import type { LawForm, LawParameters, LawPlace, LawRow } from "../laws/law-form.ts";
import { overTrainingForm } from "../laws/over-training.ts";
import { powerForm, powerToZeroForm } from "../laws/power.ts";
import { repetitionForm, tellsRepetition } from "../laws/repetition.ts";
import type { TableRuns } from "./table-runs.ts";

/** A form and the part of a table that it is fitted to. */
export interface CandidateLaw {
  readonly form: LawForm;
  /** So many of the smallest computes are left out. */
  readonly dropped?: number;
  /** Only sizes within this factor of the best for their compute. */
  readonly window?: number;
}

/**
 * All that a forecast chooses from, in order of preference: what is fitted to the lowest losses
 * alone first, fewer parameters before more, more runs before fewer.
 */
export const candidateLaws: readonly CandidateLaw[] = [
  { form: powerForm },
  { form: powerForm, dropped: 1 },
  { form: powerForm, dropped: 2 },
  { form: powerToZeroForm },
  { form: powerToZeroForm, dropped: 1 },
  { form: powerToZeroForm, dropped: 2 },
  { form: overTrainingForm },
  { form: overTrainingForm, window: 2 },
  { form: additiveForm },
  { form: additiveForm, window: 4 },
  { form: additiveForm, window: 2 },
  { form: additiveForm, window: 1.5 },
  { form: coupledForm },
  { form: coupledForm, window: 2 },
  { form: repetitionForm },
];

/** The candidate in words, such as `additive, sizes within 2x of the best`. */
export function describeCandidate({ form, dropped = 0, window }: CandidateLaw): string {
  const without = ["", ", without the smallest compute", ", without the two smallest computes"];
  const near = window === undefined ? "" : `, sizes within ${window}x of the best`;
  return `${form.name}${without[dropped]}${near}`;
}

/** Whether it is fitted to the lowest loss of each compute. */
export function readsOptima({ form }: CandidateLaw): boolean {
  return !form.reads.includes("n");
}

/** The rows that a candidate is fitted to; undefined where the table has none of its kind. */
export function candidateRows(candidate: CandidateLaw, runs: TableRuns): LawRow[] | undefined {
  const { form, dropped = 0, window } = candidate;
  const { grid, optima, source } = runs;
  if (readsOptima(candidate)) {
    return optima.length === 0 ? undefined : optima.slice(dropped);
  }
  if (grid.length === 0 || source === "one size a compute") return undefined;
  if (form === repetitionForm && !tellsRepetition(grid)) return undefined;
  if (window === undefined) return [...grid];
  if (source !== "quadratics" || optima.length < 2) return undefined;
  const best = bestSizes(runs);
  const near = grid.filter(({ n, c }) => Math.abs(Math.log(n / best(c))) <= Math.log(window));
  return near.length < grid.length && near.length > form.parameters.length ? near : undefined;
}

/** The best size by compute: the optimum of its budget, else, or always, a line through all. */
export function bestSizes(
  { optima }: TableRuns,
  { isLine = false }: { readonly isLine?: boolean } = {},
): (c: number) => number {
  const logs = optima.map(({ c, n }) => [Math.log(c), Math.log(n)] as const);
  const mean = (of: 0 | 1) => logs.reduce((sum, log) => sum + log[of], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const slope =
    logs.reduce((sum, [c, n]) => sum + (c - x) * (n - y), 0) /
    logs.reduce((sum, [c]) => sum + (c - x) ** 2, 0);
  return (c) => {
    const own = optima.find((optimum) => Math.abs(Math.log(optimum.c / c)) < sameCompute);
    return (isLine ? undefined : own?.n) ?? Math.exp(y + slope * (Math.log(c) - x));
  };
}

/** Logarithms of computes that differ by less are of one budget. */
const sameCompute = 0.05;

/** A candidate that was fitted. */
export interface FittedLaw {
  readonly candidate: CandidateLaw;
  readonly fit: FormFit;
  readonly rows: readonly LawRow[];
  /** Compute over parameters times tokens. */
  readonly flopsPerToken: number;
  /** The loss at a place; of a place without a size, at the law's best size. */
  lossAt(place: LawPlace): number;
}

/** Fits a candidate; undefined where the table lacks the rows. */
export function fitCandidate(
  candidate: CandidateLaw,
  runs: TableRuns,
  settings: FormFitSettings,
): FittedLaw | undefined {
  const rows = candidateRows(candidate, runs);
  const { form } = candidate;
  if (rows === undefined || rows.length < form.parameters.length) return undefined;
  const { flopsPerToken } = runs;
  const fit = fitForm(form, rows, settings);
  const lossAt = (place: LawPlace) => lossOf({ candidate, flopsPerToken }, fit.parameters, place);
  return { candidate, fit, rows, flopsPerToken, lossAt };
}

/** The loss that a law with these parameters has at a place, or at its best size there. */
export function lossOf(
  { candidate: { form }, flopsPerToken }: Pick<FittedLaw, "candidate" | "flopsPerToken">,
  parameters: LawParameters,
  place: LawPlace,
): number {
  const isSized = place.n > 0 || !form.reads.includes("n");
  return form.lossAt(
    parameters,
    isSized ? place : bestPlace(form, parameters, place.c, flopsPerToken),
  );
}
