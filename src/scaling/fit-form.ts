import { descendCorners } from "./_corner-descent.ts";
import type { LawForm, LawProblem, LawRow } from "./laws/law-form.ts";
import { type Minimum, minimize, type Objective } from "./minimize.ts";

/** How a form is fitted. */
export interface FormFitSettings {
  readonly deviation: Deviation;
  /** Searches, from the most promising starts of the form. */
  readonly starts?: number;
  /** Variables to begin at besides. */
  readonly from?: ArrayLike<number>;
}

/** How far a prediction is from what was observed, in logarithms; sums over rows, not means. */
export type Deviation =
  | { readonly kind: "huber"; readonly delta: number }
  | { readonly kind: "least-squares" }
  | { readonly kind: "least-absolute" };

/** A fitted law. */
export interface FormFit {
  readonly parameters: Readonly<Record<string, number>>;
  /** Where the search ended, in the form's variables. */
  readonly variables: Float64Array;
  /** Sum of the deviations of all rows. */
  readonly objective: number;
  readonly starts: { readonly tried: number; readonly reachedBest: number };
  /** Largest absolute component of the gradient; of least absolute deviations, which have a kink there, NaN. */
  readonly gradientNorm: number;
  /** ln(predicted) - ln(observed) of each row. */
  readonly residuals: Float64Array;
}

/** Objectives within this share of the best count as the same optimum. */
const sameObjective = 1e-3;

/**
 * Fits a law to rows: a search from each of many starts, the best end of all.
 *
 * @param rows - checked: positive and finite, more of them than parameters
 */
export function fitForm(
  form: LawForm,
  rows: readonly LawRow[],
  { deviation, starts = 40, from }: FormFitSettings,
): FormFit {
  const problem = form.prepare(rows);
  const begins = [...problem.starts(starts), ...(from === undefined ? [] : [from])];
  const ends = begins.map((start) => search(problem, start, deviation));
  const best = ends.reduce((least, end) => (end.value < least.value ? end : least));
  const reachedBest = ends.filter(
    ({ value }) => value <= best.value * (1 + sameObjective) + 1e-20,
  ).length;
  return {
    parameters: problem.parametersAt(best.x),
    variables: best.x,
    objective: best.value,
    starts: { tried: ends.length, reachedBest },
    gradientNorm: best.gradientNorm,
    residuals: residualsAt(problem, best.x),
  };
}

function search(problem: LawProblem, start: ArrayLike<number>, deviation: Deviation): Minimum {
  if (deviation.kind === "huber") return polished(problem, start, deviation.delta);
  if (deviation.kind === "least-squares") return polished(problem, start, Number.POSITIVE_INFINITY);
  return leastAbsolute(problem, start);
}

/** Where the search begins anew: its picture of the curvature is one of a place it has left. */
const rounds = 4;

function polished(problem: LawProblem, start: ArrayLike<number>, delta: number): Minimum {
  const objective = huberObjective(problem, delta);
  let end = minimize(objective, start);
  for (let round = 1; round < rounds; round++) {
    const next = minimize(objective, end.x);
    const isBetter = next.value < end.value * (1 - 1e-9);
    if (next.value <= end.value) end = next;
    if (!isBetter) break;
  }
  return end;
}

/** The sum over rows of Huber's loss of the residual; half its square for an infinite delta. */
function huberObjective(problem: LawProblem, delta: number): Objective {
  const slope = new Float64Array(problem.variables);
  return (x, gradient) => {
    gradient.fill(0);
    let total = 0;
    for (let row = 0; row < problem.rows; row++) {
      const residual = problem.predict(x, row, slope) - problem.observed(row);
      const size = Math.abs(residual);
      total += size <= delta ? (residual * residual) / 2 : delta * (size - delta / 2);
      const pull = Math.max(-delta, Math.min(delta, residual));
      for (let i = 0; i < slope.length; i++) gradient[i]! += pull * slope[i]!;
    }
    return total;
  };
}

function residualsAt(problem: LawProblem, x: ArrayLike<number>): Float64Array {
  const slope = new Float64Array(problem.variables);
  return Float64Array.from(
    { length: problem.rows },
    (_, row) => problem.predict(x, row, slope) - problem.observed(row),
  );
}

const absoluteSum = (problem: LawProblem, x: ArrayLike<number>): number =>
  residualsAt(problem, x).reduce((sum, residual) => sum + Math.abs(residual), 0);

/** Widths of the smoothed kink, ever narrower. */
const smoothings = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/**
 * Least absolute deviations: the kinks smoothed less and less, then from corner to corner. At the
 * optimum as many rows as there are variables are met exactly.
 */
function leastAbsolute(problem: LawProblem, start: ArrayLike<number>): Minimum {
  let x = start;
  for (const delta of smoothings) x = minimize(huberObjective(problem, delta), x).x;
  const near = { x: Float64Array.from(x), value: absoluteSum(problem, x) };
  return { ...descendCorners(problem, near), gradientNorm: Number.NaN, iterations: 0 };
}
