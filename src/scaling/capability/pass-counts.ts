import { ConfigError } from "../../errors.ts";
import type { TableRow } from "../run-table/read-rows.ts";
import { missingColumn, passes, type RowFilter } from "../run-table/row-filter.ts";

/** How often one model passed one problem. */
export interface PassCount {
  readonly problem: string;
  /** Training compute of the model in FLOP. */
  readonly c: number;
  readonly passes: number;
  readonly samples: number;
}

/** Which columns of a table hold what. */
export interface CountColumns {
  readonly problem: string;
  readonly c: string;
  readonly passes: string;
  readonly samples: string;
}

/** Columns as `measure passes` writes them. */
export const countColumns: CountColumns = {
  problem: "problem",
  c: "compute",
  passes: "passes",
  samples: "samples",
};

/**
 * Counts of passes from a table, one row for each problem and model.
 *
 * @throws {ConfigError} when a column is missing, a number is none, more passed than were sampled, or
 *   a problem stands there twice with the same compute; the message names row and column
 */
export async function readPassCounts(
  rows: AsyncIterable<TableRow>,
  columns: CountColumns,
  filters: readonly RowFilter[] = [],
): Promise<PassCount[]> {
  const counts: PassCount[] = [];
  const places = new Map<string, string>();
  for await (const row of rows) {
    if (!filters.every((filter) => passes(row, filter))) continue;
    const count = countOf(row, columns);
    const key = `${count.problem}\n${count.c}`;
    const twin = places.get(key);
    if (twin !== undefined) {
      throw new ConfigError(
        `${row.where}: the problem "${count.problem}" at ${count.c} FLOP stands at ${twin} too; add their passes and samples together`,
      );
    }
    places.set(key, row.where);
    counts.push(count);
  }
  if (counts.length > 0) return counts;
  throw new ConfigError("--data: expected rows that pass the filters, got none; loosen --filter");
}

function countOf(row: TableRow, columns: CountColumns): PassCount {
  const cell = (column: string) => {
    if (!(column in row.values)) throw missingColumn(row.where, column, row.values);
    return String(row.values[column] ?? "").trim();
  };
  const read = (column: string, isFit: (value: number) => boolean, expected: string) => {
    const text = cell(column);
    const value = text === "" ? Number.NaN : Number(text);
    if (isFit(value)) return value;
    throw new ConfigError(
      `${row.where}, column "${column}": expected ${expected}, got "${text}"; mend it, or leave the row out with --filter`,
    );
  };
  const samples = read(columns.samples, isCount(1), "a whole number above 0");
  return {
    problem: cell(columns.problem),
    c: read(columns.c, (value) => value > 0 && Number.isFinite(value), "a number above 0"),
    passes: read(
      columns.passes,
      (value) => isCount(0)(value) && value <= samples,
      `a whole number from 0 to the ${samples} samples`,
    ),
    samples,
  };
}

function isCount(least: number): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= least;
}
