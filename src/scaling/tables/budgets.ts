import { solve } from "../../statistics/linear-solve.ts";
import { mean, standardDeviation } from "../../statistics/quantile.ts";
import type { LawRow } from "../laws/law-form.ts";

/** Runs of about one compute. */
export interface Budget {
  /** Geometric mean of the compute in FLOP. */
  readonly c: number;
  readonly rows: readonly LawRow[];
}

/** The lowest loss of a compute, and where it lies. */
export interface Optimum extends LawRow {
  /** Of the logarithm of the loss; 0 where it cannot be told. */
  readonly standardError: number;
  /** How fast ln loss rises with the square of the distance in ln N; undefined where it is not known. */
  readonly bend?: number;
}

/** Computes that differ by less than this factor are one budget. */
const sameBudget = 1.1;

/** Groups rows by compute, ascending. */
export function budgetsOf(rows: readonly LawRow[]): readonly Budget[] {
  const groups: LawRow[][] = [];
  for (const row of rows.toSorted((a, b) => a.c - b.c)) {
    const group = groups.at(-1);
    if (group !== undefined && row.c <= group[0]!.c * sameBudget) group.push(row);
    else groups.push([row]);
  }
  return groups.map((group) => ({ c: geometricMean(group.map(({ c }) => c)), rows: group }));
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map(Math.log)));
}

/** The mean loss of a budget whose runs are all optimal. */
export function meanOptimum({ c, rows }: Budget): Optimum {
  const logs = rows.map(({ loss }) => Math.log(loss));
  return {
    n: geometricMean(rows.map(({ n }) => n)),
    d: geometricMean(rows.map(({ d }) => d)),
    ...{ c, loss: Math.exp(mean(logs)) },
    standardError: logs.length < 2 ? 0 : standardDeviation(logs) / Math.sqrt(logs.length),
  };
}

/** Sizes within this factor of the lowest run count in full or less; more when fewer than `fewest`. */
const window = 3;
const fewest = 5;
const rounds = 3;

/**
 * The minimum of a budget by a local quadratic of ln loss in ln N about the lowest runs, nearer
 * ones weighing more; undefined where fewer than four sizes or no minimum between them was run.
 */
export function quadraticOptimum({ c, rows }: Budget): Optimum | undefined {
  const points = rows.map(({ n, loss }) => ({ x: Math.log(n), y: Math.log(loss) }));
  const sizes = new Set(points.map(({ x }) => x.toFixed(3)));
  if (sizes.size < 4) return undefined;
  const lowest = points.reduce((best, point) => (point.y < best.y ? point : best));
  const [left, right] = [
    Math.min(...points.map(({ x }) => x)),
    Math.max(...points.map(({ x }) => x)),
  ];
  let centre = lowest.x;
  let fit: Parabola | undefined;
  for (let round = 0; round < rounds; round++) {
    fit = parabola(points, centre);
    if (fit === undefined || fit.x <= left || fit.x >= right) return undefined;
    centre = fit.x;
  }
  const n = Math.exp(fit!.x);
  const flopsPerToken = mean(rows.map((row) => row.c / (row.n * row.d)));
  return {
    ...{ n, d: c / flopsPerToken / n, c, loss: Math.exp(fit!.y) },
    ...{ standardError: fit!.standardError, bend: fit!.bend },
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The minimum of a parabola. */
interface Parabola extends Point {
  readonly standardError: number;
  readonly bend: number;
}

function parabola(points: readonly Point[], centre: number): Parabola | undefined {
  const distances = points.map(({ x }) => Math.abs(x - centre)).sort((a, b) => a - b);
  const reach = Math.max(Math.log(window), 1.01 * distances[Math.min(fewest, points.length) - 1]!);
  const near = points
    .map(({ x, y }) => ({ x: x - centre, y, weight: tricube((x - centre) / reach) }))
    .filter(({ weight }) => weight > 0);
  const gram = [0, 1, 2].map((i) =>
    [0, 1, 2].map((j) => near.reduce((sum, { x, weight }) => sum + weight * x ** (i + j), 0)),
  );
  const target = [0, 1, 2].map((i) =>
    near.reduce((sum, { x, y, weight }) => sum + weight * x ** i * y, 0),
  );
  const solved = solve(gram, target);
  if (solved === undefined || !(solved[2]! > 0)) return undefined;
  const [at, slope, bend] = solved as [number, number, number];
  const x = -slope / (2 * bend);
  const squares = near.reduce(
    (sum, point) =>
      sum + point.weight * (point.y - at - slope * point.x - bend * point.x ** 2) ** 2,
    0,
  );
  const weights = near.reduce((sum, { weight }) => sum + weight, 0);
  const degrees = Math.max(1, near.length - 3);
  const variance = ((squares / weights) * near.length) / degrees;
  const inverse = solve(gram, [1, x, x * x]);
  const leverage = inverse === undefined ? 1 : inverse[0]! + inverse[1]! * x + inverse[2]! * x * x;
  return {
    ...{ x: centre + x, y: at + slope * x + bend * x * x },
    standardError: Math.sqrt(variance * Math.max(0, leverage)),
    bend,
  };
}

function tricube(distance: number): number {
  return Math.max(0, 1 - Math.abs(distance) ** 3) ** 3;
}
