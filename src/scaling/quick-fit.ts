import { type FitData, fitData } from "./_power-objective.ts";
import { projectLinear, zeroStart } from "./_power-starts.ts";
import type { FitSettings } from "./fit.ts";
import type { LossLaw } from "./loss-law.ts";

const gridSize = 24;
const [flattest, steepest] = [Math.log(0.005), Math.log(2)];
const goldenSteps = 22;

/**
 * The weighted least-squares law by variable projection, in some 50 passes over the levels: what
 * a bootstrap refits a thousand times.
 *
 * For a free c it minimizes the squared relative error over the exponent alone (a and c follow in
 * closed form), on a grid and then by golden section; for c = 0 it is the line through logarithms.
 *
 * @param weights - of each level; down-weight outliers here
 */
export function quickFit(
  levels: readonly { readonly flops: number; readonly lossNats: number }[],
  irreducible: FitSettings["irreducible"],
  weights: readonly number[],
): LossLaw {
  const data = fitData(levels, weights);
  if (irreducible === "zero") {
    const [u, logSlope] = zeroStart(data) as [number, number];
    return lawAt(data, { b: -Math.exp(logSlope), u, c: 0 });
  }
  const step = (steepest - flattest) / (gridSize - 1);
  let best = flattest;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < gridSize; i++) {
    const error = squaredError(data, flattest + i * step);
    if (error < least) [best, least] = [flattest + i * step, error];
  }
  const exponent = Math.exp(goldenSection((x) => squaredError(data, x), best - step, best + step));
  const [u, v] = projectLinear(data, exponent);
  return lawAt(data, { b: -exponent, u, c: Math.exp(v) });
}

function lawAt({ centre }: FitData, { b, u, c }: { b: number; u: number; c: number }): LossLaw {
  return { a: Math.exp(u - b * centre), b, c };
}

/** Weighted sum of squared relative errors at the best a and c for an exponent. */
function squaredError(data: FitData, logExponent: number): number {
  const exponent = Math.exp(logExponent);
  const [u, v] = projectLinear(data, exponent);
  const c = Math.exp(v);
  let total = 0;
  for (let i = 0; i < data.x.length; i++) {
    const predicted = Math.exp(u - exponent * data.x[i]!) + c;
    total += data.weights[i]! * (predicted * Math.exp(-data.y[i]!) - 1) ** 2;
  }
  return total;
}

function goldenSection(f: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [left, right] = [low, high];
  let [x, y] = [right - ratio * (right - left), left + ratio * (right - left)];
  let [fx, fy] = [f(x), f(y)];
  for (let step = 0; step < goldenSteps; step++) {
    if (fx <= fy) {
      [right, y, fy] = [y, x, fx];
      x = right - ratio * (right - left);
      fx = f(x);
    } else {
      [left, x, fx] = [x, y, fy];
      y = left + ratio * (right - left);
      fy = f(y);
    }
  }
  return (left + right) / 2;
}
