import type { LawPlace } from "../laws/law-form.ts";
import { type CandidateLaw, candidateLaws, type FittedLaw, fitCandidate } from "./candidate-law.ts";
import type { TableRuns } from "./table-runs.ts";

/** A loss that a shorter table is asked for. */
export interface HeldOut {
  /** Of a lowest loss, whose size a law chooses itself, only the compute is a number. */
  readonly place: LawPlace;
  readonly loss: number;
}

/** One forecast of a candidate inside the table. */
export interface BacktestError {
  readonly target: HeldOut;
  /** Levels that the law saw, from the smallest. */
  readonly origin: number;
  /** How many levels beyond the last one seen; 1 is the next. */
  readonly ahead: number;
  readonly predicted: number;
  /** ln(predicted / actual). */
  readonly logError: number;
  /** ln of the target's compute over the largest compute seen. */
  readonly logDistance: number;
}

/** A candidate's fits to the first levels of a table, and what they said of the later ones. */
export interface CandidateStudy {
  readonly candidate: CandidateLaw;
  /** By the number of levels that were seen; where too few runs are left, none. */
  readonly laws: ReadonlyMap<number, FittedLaw>;
  readonly errors: readonly BacktestError[];
}

/** Computes closer than this factor are one level where the lowest losses are not known. */
const sameLevel = 2;
/** Rounding of computes within a level. */
const rounding = 1.05;
/** Fewest levels that a law is fitted to, the table's last ones aside. */
const firstOrigin = 4;

/** The computes at which a table is cut, ascending: each the largest of its level. */
export function levelsOf({ optima, grid }: TableRuns): readonly number[] {
  if (optima.length > 0) return optima.map(({ c }) => c);
  const levels: { first: number; last: number }[] = [];
  for (const { c } of grid.toSorted((a, b) => a.c - b.c)) {
    const level = levels.at(-1);
    if (level !== undefined && c <= level.first * sameLevel) level.last = c;
    else levels.push({ first: c, last: c });
  }
  return levels.map(({ last }) => last);
}

/** The table up to a compute. */
export function upTo(runs: TableRuns, c: number): TableRuns {
  const isSeen = (row: { readonly c: number }) => row.c <= c * rounding;
  return { ...runs, grid: runs.grid.filter(isSeen), optima: runs.optima.filter(isSeen) };
}

/** What lies beyond a compute: the lowest losses where they are known, else every run. */
function beyond({ optima, grid }: TableRuns, c: number): readonly HeldOut[] {
  const isLater = (row: { readonly c: number }) => row.c > c * rounding;
  if (optima.length === 0) {
    return grid.filter(isLater).map((row) => ({ place: row, loss: row.loss }));
  }
  return optima.filter(isLater).map((optimum) => ({
    place: { n: Number.NaN, d: Number.NaN, c: optimum.c },
    loss: optimum.loss,
  }));
}

/** How every law is fitted while laws are compared. */
export const comparedFit = { deviation: { kind: "huber", delta: 1e-3 }, starts: 6 } as const;

/** Rolling-origin backtest of every candidate by compute; the last origin has all levels. */
export function rollingStudies(runs: TableRuns): readonly CandidateStudy[] {
  const levels = levelsOf(runs);
  const first = Math.max(1, Math.min(firstOrigin, levels.length - 1));
  return candidateLaws.map((candidate) => {
    const laws = new Map<number, FittedLaw>();
    const errors: BacktestError[] = [];
    for (let origin = first; origin <= levels.length; origin++) {
      const cut = levels[origin - 1]!;
      const law = fitCandidate(candidate, upTo(runs, cut), comparedFit);
      if (law === undefined) continue;
      laws.set(origin, law);
      for (const target of beyond(runs, cut)) errors.push(errorOf(law, target, { origin, levels }));
    }
    return { candidate, laws, errors };
  });
}

function errorOf(
  law: FittedLaw,
  target: HeldOut,
  { origin, levels }: { readonly origin: number; readonly levels: readonly number[] },
): BacktestError {
  const { c } = target.place;
  const predicted = law.lossAt(target.place);
  return {
    ...{ target, origin, predicted },
    ahead: levels.filter((level) => level * rounding < c).length - origin + 1,
    logError: Math.log(predicted / target.loss),
    logDistance: Math.log(c / levels[origin - 1]!),
  };
}
