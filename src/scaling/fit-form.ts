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

/**
 * How far a prediction is from what was observed, in logarithms but for squares of the losses
 * themselves, as curve fitters take them; sums over rows, not means.
 */
export type Deviation =
  | { readonly kind: "huber"; readonly delta: number }
  | { readonly kind: "least-squares" }
  | { readonly kind: "least-squares-of-losses" }
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
  const scouts = begins
    .map((start) => scout(problem, start, deviation))
    .sort((a, b) => a.value - b.value);
  const ends = scouts.slice(0, finalists).map(({ x }) => minimumFrom(problem, x, deviation));
  const best = ends.reduce((least, end) => (end.value < least.value ? end : least));
  const near = scouts[0]!.value * (1 + sameObjective) + 1e-20;
  return {
    parameters: problem.parametersAt(best.x),
    variables: best.x,
    objective: best.value,
    starts: {
      tried: scouts.length,
      reachedBest: scouts.filter(({ value }) => value <= near).length,
    },
    gradientNorm: best.gradientNorm,
    residuals: residualsAt(problem, best.x),
  };
}

/** Searches that are brought to their very end: the best of them all. */
const finalists = 3;
/** Widths of the smoothed kink of absolute deviations, ever narrower. */
const smoothings = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const;

/** Where Huber's loss of a deviation turns from square to absolute; smoothed where it has a kink. */
function deltaOf(deviation: Deviation): number {
  if (deviation.kind === "huber") return deviation.delta;
  return deviation.kind === "least-absolute" ? smoothings[1] : Number.POSITIVE_INFINITY;
}

/** A search that ends where its optimum can be told from others. */
function scout(problem: LawProblem, start: ArrayLike<number>, deviation: Deviation): Minimum {
  return minimize(objectiveOf(problem, measureOf(deviation)), start, {
    tolerance: 1e-7,
    maxIterations: 60,
  });
}

/** The least sum of deviations that a search from some variables comes to. */
export function minimumFrom(
  problem: LawProblem,
  start: ArrayLike<number>,
  deviation: Deviation,
): Minimum {
  if (deviation.kind === "least-absolute") return leastAbsolute(problem, start);
  return polished(objectiveOf(problem, measureOf(deviation)), start);
}

/** Where the search begins anew: its picture of the curvature is one of a place it has left. */
const rounds = 4;

function polished(objective: Objective, start: ArrayLike<number>): Minimum {
  let end = minimize(objective, start);
  for (let round = 1; round < rounds; round++) {
    const next = minimize(objective, end.x);
    const isBetter = next.value < end.value * (1 - 1e-9);
    if (next.value <= end.value) end = next;
    if (!isBetter) break;
  }
  return end;
}

/** What a row adds to the objective, by the logarithms of its losses; its slope goes into `into`. */
type RowMeasure = (predicted: number, observed: number, into: { slope: number }) => number;

function measureOf(deviation: Deviation): RowMeasure {
  return deviation.kind === "least-squares-of-losses" ? squaredLoss : huber(deltaOf(deviation));
}

/** Huber's loss of the residual; half its square for an infinite delta. */
function huber(delta: number): RowMeasure {
  return (predicted, observed, into) => {
    const residual = predicted - observed;
    const size = Math.abs(residual);
    into.slope = size <= delta ? residual : delta * Math.sign(residual);
    return size <= delta ? (residual * residual) / 2 : delta * (size - delta / 2);
  };
}

/** Half the squared difference of the losses. */
const squaredLoss: RowMeasure = (predicted, observed, into) => {
  const loss = Math.exp(predicted);
  const residual = loss - Math.exp(observed);
  into.slope = residual * loss;
  return (residual * residual) / 2;
};

/** The sum over rows of a measure. */
function objectiveOf(problem: LawProblem, measure: RowMeasure): Objective {
  const { rows, variables, observed } = problem;
  const predicted = new Float64Array(rows);
  const slopes = new Float64Array(rows * variables);
  const into = { slope: 0 };
  return (x, gradient) => {
    problem.predict(x, predicted, slopes);
    gradient.fill(0);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      total += measure(predicted[row]!, observed[row]!, into);
      for (let i = 0; i < variables; i++) {
        gradient[i]! += into.slope * slopes[row * variables + i]!;
      }
    }
    return total;
  };
}

function residualsAt(problem: LawProblem, x: ArrayLike<number>): Float64Array {
  const predicted = new Float64Array(problem.rows);
  problem.predict(x, predicted, new Float64Array(problem.rows * problem.variables));
  return predicted.map((log, row) => log - problem.observed[row]!);
}

const absoluteSum = (problem: LawProblem, x: ArrayLike<number>): number =>
  residualsAt(problem, x).reduce((sum, residual) => sum + Math.abs(residual), 0);

/**
 * Least absolute deviations: the kinks smoothed less and less, then from corner to corner. At the
 * optimum as many rows as there are variables are met exactly.
 */
function leastAbsolute(problem: LawProblem, start: ArrayLike<number>): Minimum {
  let x = start;
  for (const delta of smoothings) x = minimize(objectiveOf(problem, huber(delta)), x).x;
  const near = { x: Float64Array.from(x), value: absoluteSum(problem, x) };
  return { ...descendCorners(problem, near), gradientNorm: Number.NaN, iterations: 0 };
}
