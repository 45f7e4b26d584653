import { normalQuantile } from "../statistics/distributions.ts";
import { eigenvalues } from "../statistics/eigenvalues.ts";
import type { Interval } from "../statistics/intervals.ts";
import { type Deviation, type FormFit, minimumFrom } from "./fit-form.ts";
import type { LawForm, LawProblem, LawRow } from "./laws/law-form.ts";

/** How far a fit can be trusted. */
export interface FitDiagnostics {
  /** Largest over smallest eigenvalue of the squared slopes of the residuals by the variables. */
  readonly condition: number;
  /** Of a law with an irreducible loss. */
  readonly irreducible: IrreducibleRange | undefined;
}

/** What the rows say of the irreducible loss, by its profile likelihood. */
export interface IrreducibleRange extends Interval {
  /** Whether zero lies outside. */
  readonly isIdentified: boolean;
}

/** Looks into a fit to rows by a deviation. */
export function diagnoseFit(
  form: LawForm,
  rows: readonly LawRow[],
  fit: FormFit,
  { deviation, level }: { readonly deviation: Deviation; readonly level: number },
): FitDiagnostics {
  const problem = form.prepare(rows);
  const range =
    problem.constant === undefined
      ? undefined
      : irreducibleRange(problem, fit, { deviation, level });
  return { condition: conditionOf(problem, fit), irreducible: range };
}

function conditionOf(problem: LawProblem, { variables }: FormFit): number {
  const size = problem.variables;
  const slopes = new Float64Array(problem.rows * size);
  problem.predict(variables, new Float64Array(problem.rows), slopes);
  const gram = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => {
      let sum = 0;
      for (let row = 0; row < problem.rows; row++) {
        sum += slopes[row * size + i]! * slopes[row * size + j]!;
      }
      return sum;
    }),
  );
  const values = eigenvalues(gram);
  return values.at(-1)! / Math.max(0, values[0]!);
}

const bisections = 12;
/** A share of the fitted value that counts as zero. */
const zeroShare = 1e-3;

/**
 * The irreducible losses at which the other parameters still fit about as well: those where the
 * likelihood ratio, of normal residuals or of Laplace's where the deviation is absolute, stays below
 * its quantile.
 */
function irreducibleRange(
  problem: LawProblem,
  fit: FormFit,
  { deviation, level }: { readonly deviation: Deviation; readonly level: number },
): IrreducibleRange {
  const at = problem.constant!;
  const best = fit.variables[at]!;
  const degrees = Math.max(1, problem.rows - problem.variables);
  const quantile = normalQuantile((1 + level) / 2) ** 2;
  const most = fit.objective * (1 + (quantile * steepness(fit, deviation)) / degrees) + 1e-18;
  const fits = (value: number) => {
    const others = fit.variables.filter((_, i) => i !== at);
    const end = minimumFrom(withFixed(problem, at, value), others, deviation);
    return end.value <= most;
  };
  const lowest = problem.observed.reduce((low, log) => Math.min(low, log));
  const zero = best + Math.log(zeroShare);
  const low = fits(zero) ? Number.NEGATIVE_INFINITY : edge(fits, best, zero);
  const high = edge(fits, best, lowest);
  return {
    ...{ low: Math.exp(low), high: Math.exp(high), level },
    isIdentified: low > Number.NEGATIVE_INFINITY,
  };
}

/** 1 for squares, one half for absolute values, between them for Huber's loss. */
function steepness({ residuals }: FormFit, deviation: Deviation): number {
  if (deviation.kind === "least-absolute") return 0.5;
  if (deviation.kind !== "huber") return 1;
  const beyond = residuals.filter((residual) => Math.abs(residual) > deviation.delta);
  return 1 - beyond.length / residuals.length / 2;
}

/** Where, between a value that fits and one that need not, the fit ends. */
function edge(fits: (value: number) => boolean, inside: number, outside: number): number {
  let [good, bad] = [inside, outside];
  for (let step = 0; step < bisections; step++) {
    const middle = (good + bad) / 2;
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** A problem whose variable at a place is held. */
function withFixed(problem: LawProblem, at: number, value: number): LawProblem {
  const full = new Float64Array(problem.variables);
  const fullSlopes = new Float64Array(problem.rows * problem.variables);
  const variables = problem.variables - 1;
  const spread = (x: ArrayLike<number>) => {
    for (let i = 0; i < full.length; i++) full[i] = i < at ? x[i]! : x[i - 1]!;
    full[at] = value;
    return full;
  };
  return {
    ...{ rows: problem.rows, variables, observed: problem.observed, constant: undefined },
    predict(x, predicted, slopes) {
      problem.predict(spread(x), predicted, fullSlopes);
      for (let row = 0; row < problem.rows; row++) {
        for (let i = 0; i < variables; i++) {
          const from = row * problem.variables + (i < at ? i : i + 1);
          slopes[row * variables + i] = fullSlopes[from]!;
        }
      }
    },
    starts: () => [],
    parametersAt: (x) => problem.parametersAt(spread(x)),
  };
}
