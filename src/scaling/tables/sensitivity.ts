import { groupBy } from "../../evaluate/group-by.ts";
import type { Deviation } from "../fit-form.ts";
import { flopsPerParameterToken } from "../laws/best-size.ts";
import type { LawPlace, LawRow } from "../laws/law-form.ts";
import { bestSizeOf } from "./best-run.ts";
import { budgetsOf } from "./budgets.ts";
import { type CandidateLaw, fitCandidate } from "./candidate-law.ts";
import { comparedFit } from "./rolling-origin.ts";
import { type TableRuns, tableRuns } from "./table-runs.ts";

/** What a choice that could have been made otherwise does to a forecast. */
export interface Sensitivity {
  readonly change: string;
  readonly loss: number;
  /** Over the forecast as it is, less 1. */
  readonly lossShift: number;
  /** Of the best number of parameters, over that as it is, less 1; undefined where a law has none. */
  readonly sizeShift: number | undefined;
}

interface Change {
  readonly name: string;
  readonly rows: readonly LawRow[];
  readonly deviation?: Deviation;
}

const [highest, windows] = [
  [1, 3, 5],
  [4, 2],
];

/**
 * Refits a law with each choice made otherwise: rows of the highest loss or whole computes left
 * out, sizes near the best alone, another deviation, compute counted as 6 N D, one seed of each run,
 * the loss smoothed otherwise. The largest shifts of the forecast first.
 *
 * @param rows - of the table, as they were given
 * @param otherLosses - the same rows with another column's losses
 */
export function sensitivityOf(
  candidate: CandidateLaw,
  place: LawPlace,
  {
    rows,
    marked,
    otherLosses = [],
  }: {
    readonly rows: readonly LawRow[];
    readonly marked?: readonly LawRow[] | undefined;
    readonly otherLosses?: readonly { readonly column: string; readonly rows: readonly LawRow[] }[];
  },
): Sensitivity[] {
  const answer = ({ rows: kept, deviation }: Omit<Change, "name">) => {
    const isKept = new Set(kept);
    const runs = tableRuns(
      kept,
      marked?.filter((row) => isKept.has(row)),
    );
    return answerOf(candidate, runs, { place, deviation });
  };
  const own = answer({ rows });
  if (own === undefined) return [];
  const smoothed = marked === undefined ? otherLosses : [];
  return [
    ...changesOf(rows, marked !== undefined),
    ...smoothed.map(({ column, rows: others }) => ({
      name: `the loss of ${column}`,
      rows: others,
    })),
  ]
    .flatMap(({ name, ...change }) => {
      const found = answer(change);
      if (found === undefined) return [];
      return {
        change: name,
        loss: found.loss,
        lossShift: found.loss / own.loss - 1,
        sizeShift: own.n > 0 ? found.n / own.n - 1 : undefined,
      };
    })
    .sort((a, b) => Math.abs(b.lossShift) - Math.abs(a.lossShift));
}

function answerOf(
  candidate: CandidateLaw,
  runs: TableRuns,
  { place, deviation }: { readonly place: LawPlace; readonly deviation: Deviation | undefined },
) {
  const settings = deviation === undefined ? comparedFit : { ...comparedFit, deviation };
  const law = fitCandidate(candidate, runs, settings);
  if (law === undefined) return undefined;
  return { loss: law.lossAt(place), n: bestSizeOf(law, runs, place.c) ?? Number.NaN };
}

function changesOf(rows: readonly LawRow[], isMarked: boolean): Change[] {
  const descending = rows.toSorted((a, b) => b.loss - a.loss);
  const without = (left: readonly LawRow[]) => {
    const isLeft = new Set(left);
    return rows.filter((row) => !isLeft.has(row));
  };
  const budgets = budgetsOf(rows);
  const deviations: readonly (readonly [string, Deviation])[] = [
    ["least squares", { kind: "least-squares" }],
    ["least absolute deviations", { kind: "least-absolute" }],
    ["huber, delta 1e-2", { kind: "huber", delta: 1e-2 }],
  ];
  const isCounted = rows.some(
    ({ n, d, c }) => Math.abs(c / (flopsPerParameterToken * n * d) - 1) > 0.01,
  );
  return [
    ...highest.map((count) => ({
      name: count === 1 ? "without the highest loss" : `without the ${count} highest losses`,
      rows: without(descending.slice(0, count)),
    })),
    { name: "without the smallest compute", rows: without(budgets[0]!.rows) },
    { name: "without the largest compute", rows: without(budgets.at(-1)!.rows) },
    ...(isMarked ? [] : windows.map((factor) => nearest(rows, factor))).filter(
      ({ rows: kept }) => kept.length < rows.length,
    ),
    ...oneSeed(rows),
    ...deviations.map(([name, deviation]) => ({ name, rows, deviation })),
    ...(isCounted && !isMarked
      ? [
          {
            name: "compute as 6 N D",
            rows: rows.map((row) => ({ ...row, c: flopsPerParameterToken * row.n * row.d })),
          },
        ]
      : []),
  ];
}

/** The first of the runs that differ in nothing, the second and so on, at most three times. */
function oneSeed(rows: readonly LawRow[]): Change[] {
  const groups = [...groupBy(rows, ({ n, d, c }) => `${n} ${d} ${c}`).values()];
  const most = Math.max(...groups.map(({ length }) => length));
  if (most === 1) return [];
  return Array.from({ length: Math.min(3, most) }, (_, i) => ({
    name: `one run of each kind, number ${i + 1}`,
    rows: groups.map((group) => group[i % group.length]!),
  }));
}

/** Runs whose size is near that of the lowest loss of their compute. */
function nearest(rows: readonly LawRow[], factor: number): Change {
  const kept = budgetsOf(rows).flatMap(({ rows: own }) => {
    const best = own.reduce((low, row) => (row.loss < low.loss ? row : low));
    return own.filter(({ n }) => !(Math.abs(Math.log(n / best.n)) > Math.log(factor)));
  });
  const isKept = new Set(kept);
  return {
    name: `sizes within ${factor}x of the lowest loss`,
    rows: rows.filter((row) => isKept.has(row)),
  };
}
