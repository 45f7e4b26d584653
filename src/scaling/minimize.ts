/** A function's value, with its gradient written into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** Where a minimization ended. */
export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  /** Largest absolute component of the gradient. */
  readonly gradientNorm: number;
  readonly iterations: number;
}

/**
 * Minimizes a smooth function of a few variables by BFGS with a backtracking line search.
 *
 * It stops when the gradient falls below `tolerance` or no step along the search direction and
 * the steepest descent lowers the value.
 *
 * @see Nocedal, Wright 2006, Numerical Optimization, algorithm 6.1
 */
export function minimize(
  objective: Objective,
  start: ArrayLike<number>,
  { tolerance = 1e-11, maxIterations = 200 } = {},
): Minimum {
  const n = start.length;
  let x = Float64Array.from(start);
  let gradient = new Float64Array(n);
  let value = objective(x, gradient);
  let inverse = identity(n, 1);
  let isFresh = true;
  let iterations = 0;
  for (; iterations < maxIterations && largest(gradient) > tolerance; iterations++) {
    const direction = descent(inverse, gradient);
    const step = lineSearch(objective, { x, value, gradient, direction });
    if (step === undefined) {
      if (isFresh) break;
      inverse = identity(n, 1);
      isFresh = true;
      continue;
    }
    const moved = step.x.map((component, i) => component - x[i]!);
    const turned = step.gradient.map((component, i) => component - gradient[i]!);
    inverse = updateInverse(inverse, { moved, turned, isFresh });
    isFresh = false;
    ({ x, value, gradient } = step);
  }
  return { x, value, gradientNorm: largest(gradient), iterations };
}

function identity(n: number, scale: number): Float64Array[] {
  return Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = scale;
    return row;
  });
}

const dot = (u: Float64Array, v: Float64Array): number =>
  u.reduce((sum, component, i) => sum + component * v[i]!, 0);

const largest = (v: Float64Array): number =>
  v.reduce((top, component) => Math.max(top, Math.abs(component)), 0);

/** Minus the gradient through the inverse Hessian; steepest descent when that does not descend. */
function descent(inverse: readonly Float64Array[], gradient: Float64Array): Float64Array {
  const direction = Float64Array.from(inverse, (row) => -dot(row, gradient));
  return dot(direction, gradient) < 0 ? direction : gradient.map((component) => -component);
}

interface SearchPoint {
  readonly x: Float64Array<ArrayBuffer>;
  readonly value: number;
  readonly gradient: Float64Array<ArrayBuffer>;
}

/** Bisects between the Armijo condition and the curvature condition (weak Wolfe). */
function lineSearch(
  objective: Objective,
  from: SearchPoint & { readonly direction: Float64Array },
): SearchPoint | undefined {
  const slope = dot(from.direction, from.gradient);
  let [low, high, length] = [0, Number.POSITIVE_INFINITY, 1];
  let best: SearchPoint | undefined;
  for (let trial = 0; trial < 60; trial++) {
    const x = from.x.map((component, i) => component + length * from.direction[i]!);
    const gradient = new Float64Array(x.length);
    const value = objective(x, gradient);
    if (!(value <= from.value + 1e-4 * length * slope)) {
      high = length;
    } else {
      if (value < from.value) best = { x, value, gradient };
      if (dot(from.direction, gradient) >= 0.9 * slope) break;
      low = length;
    }
    length = Number.isFinite(high) ? (low + high) / 2 : 2 * low;
  }
  return best;
}

/** The BFGS update of the inverse Hessian; the first one also sets its scale. */
function updateInverse(
  inverse: Float64Array[],
  step: { moved: Float64Array; turned: Float64Array; isFresh: boolean },
): Float64Array[] {
  const { moved, turned } = step;
  const curvature = dot(moved, turned);
  if (!(curvature > 1e-300)) return inverse;
  const base = step.isFresh ? identity(moved.length, curvature / dot(turned, turned)) : inverse;
  const bent = Float64Array.from(base, (row) => dot(row, turned));
  const scale = (1 + dot(turned, bent) / curvature) / curvature;
  return base.map((row, i) =>
    row.map(
      (entry, j) =>
        entry +
        scale * moved[i]! * moved[j]! -
        (bent[i]! * moved[j]! + moved[i]! * bent[j]!) / curvature,
    ),
  );
}
