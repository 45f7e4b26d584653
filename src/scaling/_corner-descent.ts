import { solve } from "../statistics/linear-solve.ts";
import type { LawProblem } from "./laws/law-form.ts";

/** Where a sum of absolute residuals was brought to. */
export interface Corner {
  readonly x: Float64Array<ArrayBuffer>;
  /** Sum of the absolute residuals. */
  readonly value: number;
}

const mostCorners = 200;
const newtonSteps = 6;

/**
 * Brings a sum of absolute residuals from near its least to the least: there as many rows as there
 * are variables are met exactly, and each step exchanges one of them, as the simplex method does on
 * the linearised problem.
 */
export function descendCorners(problem: LawProblem, start: Corner): Corner {
  let best = start;
  let met = smallestResiduals(problem, start.x);
  for (let step = 0; step < mostCorners; step++) {
    const x = meet(problem, best.x, met);
    if (x === undefined) return best;
    const value = linearise(problem, x).residuals.reduce((sum, one) => sum + Math.abs(one), 0);
    if (step > 0 && !(value < best.value)) return best;
    if (value < best.value) best = { x, value };
    const exchanged = exchange(problem, x, met);
    if (exchanged === undefined) return best;
    met = exchanged;
  }
  return best;
}

interface Linearised {
  readonly residuals: readonly number[];
  /** Gradient of each residual by the variables. */
  readonly slopes: readonly Float64Array[];
}

function linearise(problem: LawProblem, x: ArrayLike<number>): Linearised {
  const { rows, variables, observed } = problem;
  const predicted = new Float64Array(rows);
  const flat = new Float64Array(rows * variables);
  problem.predict(x, predicted, flat);
  const slopes = Array.from(predicted, (_, row) =>
    flat.subarray(row * variables, (row + 1) * variables),
  );
  return { residuals: Array.from(predicted, (log, row) => log - observed[row]!), slopes };
}

function smallestResiduals(problem: LawProblem, x: ArrayLike<number>): readonly number[] {
  const { residuals } = linearise(problem, x);
  return residuals
    .map((residual, row) => ({ row, size: Math.abs(residual) }))
    .sort((a, b) => a.size - b.size)
    .slice(0, problem.variables)
    .map(({ row }) => row);
}

/** The variables near x at which some rows are met exactly, by Newton's method. */
function meet(
  problem: LawProblem,
  x: Float64Array,
  met: readonly number[],
): Float64Array<ArrayBuffer> | undefined {
  let at = Float64Array.from(x);
  for (let step = 0; step < newtonSteps; step++) {
    const { residuals, slopes } = linearise(problem, at);
    const moved = solve(
      met.map((row) => [...slopes[row]!]),
      met.map((row) => -residuals[row]!),
    );
    if (moved === undefined || moved.some((value) => !Number.isFinite(value))) return undefined;
    at = at.map((value, i) => value + moved[i]!);
  }
  return at;
}

/** The rows to be met next; undefined where no exchange makes the sum smaller. */
function exchange(
  problem: LawProblem,
  x: Float64Array,
  met: readonly number[],
): readonly number[] | undefined {
  const { residuals, slopes } = linearise(problem, x);
  const isMet = new Set(met);
  const others = slopes.map((_, row) => row).filter((row) => !isMet.has(row));
  const pull = Array.from(x, (_, i) =>
    others.reduce((sum, row) => sum + Math.sign(residuals[row]!) * slopes[row]![i]!, 0),
  );
  const columns = Array.from(x, (_, i) => met.map((row) => slopes[row]![i]!));
  const forces = solve(
    columns,
    pull.map((value) => -value),
  );
  if (forces === undefined) return undefined;
  const strongest = forces.reduce(
    (top, force, i) => (Math.abs(force) > Math.abs(forces[top]!) ? i : top),
    0,
  );
  const force = forces[strongest]!;
  if (Math.abs(force) <= 1) return undefined;
  const direction = solve(
    met.map((row) => [...slopes[row]!]),
    met.map((_, i) => (i === strongest ? Math.sign(force) : 0)),
  );
  if (direction === undefined) return undefined;
  const crossings = others
    .map((row) => {
      const slope = direction.reduce((sum, value, i) => sum + value * slopes[row]![i]!, 0);
      return { row, slope: Math.abs(slope), at: -residuals[row]! / slope };
    })
    .filter(({ at }) => at > 0 && Number.isFinite(at))
    .sort((a, b) => a.at - b.at);
  let rate = 1 - Math.abs(force);
  for (const { row, slope } of crossings) {
    rate += 2 * slope;
    if (rate >= 0) return met.map((one, i) => (i === strongest ? row : one));
  }
  return undefined;
}
