import { median } from "../../statistics/quantile.ts";
import { flopsPerParameterToken } from "../laws/best-size.ts";
import type { LawRow } from "../laws/law-form.ts";
import { budgetsOf, meanOptimum, type Optimum, quadraticOptimum } from "./budgets.ts";

/** Where the lowest loss of each compute comes from. */
export type OptimaSource =
  /** Rows that the user marked. */
  | "marked"
  /** All rows, which tell no size: they are taken as optimal. */
  | "all rows"
  /** All rows, whose size follows from the compute. */
  | "one size a compute"
  /** Local quadratics of the loss over the size at each compute. */
  | "quadratics"
  | "none";

/** The runs of a table as laws read them. */
export interface TableRuns {
  /** Runs of known size and data; empty where the table tells none. */
  readonly grid: readonly LawRow[];
  /** The lowest loss of each compute, ascending; empty where it cannot be told. */
  readonly optima: readonly Optimum[];
  readonly source: OptimaSource;
  /** Compute over parameters times tokens, at the largest computes. */
  readonly flopsPerToken: number;
}

/** Fewest computes with a minimum inside for quadratics to count, and the share of runs they hold. */
const fewestQuadratics = 3;
const leastShare = 0.5;

/**
 * Finds what laws read in the rows of a table.
 *
 * @param marked - the rows that are optimal, where the user says which
 */
export function tableRuns(rows: readonly LawRow[], marked?: readonly LawRow[]): TableRuns {
  const sized = rows.filter(({ n, d }) => n > 0 && d > 0);
  const flopsPerToken = measuredFlops(sized);
  if (marked !== undefined) {
    const isMarked = new Set(marked);
    const others = sized.filter((row) => !isMarked.has(row));
    const grid = others.length > 0 ? others : sized;
    return { grid, flopsPerToken, optima: budgetsOf(marked).map(meanOptimum), source: "marked" };
  }
  if (sized.length < rows.length) {
    const optima = budgetsOf(rows).map(meanOptimum);
    return { grid: [], flopsPerToken, optima, source: "all rows" };
  }
  const budgets = budgetsOf(sized);
  const bowls = budgets.flatMap((budget) => {
    const optimum = quadraticOptimum(budget);
    return optimum === undefined ? [] : [{ optimum, runs: budget.rows.length }];
  });
  const inBowls = bowls.reduce((sum, { runs }) => sum + runs, 0);
  if (bowls.length >= fewestQuadratics && inBowls >= leastShare * sized.length) {
    const optima = bowls.map(({ optimum }) => optimum);
    return { grid: sized, flopsPerToken, optima, source: "quadratics" };
  }
  if (isPath(sized)) {
    const optima = budgets.map(meanOptimum);
    return { grid: sized, flopsPerToken, optima, source: "one size a compute" };
  }
  return { grid: sized, flopsPerToken, optima: [], source: "none" };
}

/** The median over the largest budgets, where a forecast begins. */
function measuredFlops(rows: readonly LawRow[]): number {
  const largest = Math.max(...rows.map(({ c }) => c));
  const top = rows.filter(({ c }) => c > largest / 3);
  return top.length === 0 ? flopsPerParameterToken : median(top.map(({ n, d, c }) => c / (n * d)));
}

const leastCorrelation = 0.99;

/** Whether size and data both follow from the compute, so that no law can tell them apart. */
function isPath(rows: readonly LawRow[]): boolean {
  const logs = rows.map(({ n, c }) => [Math.log(n), Math.log(c)] as const);
  const mean = (of: 0 | 1) => logs.reduce((sum, pair) => sum + pair[of], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  let [xx, xy, yy] = [0, 0, 0];
  for (const [n, c] of logs) {
    xx += (n - x) ** 2;
    xy += (n - x) * (c - y);
    yy += (c - y) ** 2;
  }
  return xx > 0 && xy > leastCorrelation * Math.sqrt(xx * yy);
}
