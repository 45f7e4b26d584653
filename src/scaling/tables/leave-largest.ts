import type { LawRow } from "../laws/law-form.ts";
import {
  type CandidateLaw,
  describeCandidate,
  fitCandidate,
  readsOptima,
} from "./candidate-law.ts";
import { comparedFit } from "./rolling-origin.ts";
import type { TableRuns } from "./table-runs.ts";

/** The errors of a law on the runs of the largest size, or of the most tokens, that it has not seen. */
export interface LeftOut {
  readonly reading: string;
  /** How many times larger they are than what was seen. */
  readonly beyond: number;
  readonly runs: number;
  /** Mean of predicted / actual - 1. */
  readonly meanError: number;
  readonly largestError: number;
}

/**
 * Fits a law to all runs but those of the largest size, or of the most tokens, and forecasts these;
 * undefined for a law that reads neither, or where too few runs are left.
 */
export function leaveLargest(
  candidate: CandidateLaw,
  runs: TableRuns,
  axis: "n" | "d",
): LeftOut | undefined {
  if (readsOptima(candidate)) return undefined;
  const most = Math.max(...runs.grid.map((row) => row[axis]));
  const isLargest = (row: LawRow) => row[axis] > most / sameSize;
  const seen = runs.grid.filter((row) => !isLargest(row));
  const largestSeen = Math.max(...seen.map((row) => row[axis]));
  const law = fitCandidate(candidate, { ...runs, grid: seen }, comparedFit);
  if (law === undefined) return undefined;
  const errors = runs.grid.filter(isLargest).map((row) => law.lossAt(row) / row.loss - 1);
  return {
    reading: describeCandidate(candidate),
    beyond: most / largestSeen,
    runs: errors.length,
    meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    largestError: errors.reduce((top, one) => (Math.abs(one) > Math.abs(top) ? one : top)),
  };
}

/** Sizes within this factor of the largest are left out with it. */
const sameSize = 1.05;
