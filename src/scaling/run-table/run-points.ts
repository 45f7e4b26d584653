import { createHash } from "node:crypto";
import { ConfigError } from "../../errors.ts";
import type { TableRow } from "./read-rows.ts";
import { missingColumn, passes, type RowFilter } from "./row-filter.ts";

/** Which columns of a table hold what. */
export interface RunColumns {
  readonly loss: string;
  /** Parameters. */
  readonly n?: string | undefined;
  /** Tokens. */
  readonly d?: string | undefined;
  /** Training compute in FLOP. */
  readonly c?: string | undefined;
  /** Of the tokens, those that differ. */
  readonly unique?: string | undefined;
  /** Standard error of the loss. */
  readonly lossError?: string | undefined;
  /** Rows that hang together, such as checkpoints of a run. */
  readonly cluster?: string | undefined;
  /** Whether the run came to its end. */
  readonly status?: string | undefined;
  /** The same loss, measured or smoothed otherwise. */
  readonly otherLosses?: readonly string[];
}

/** What is taken of a table. */
export interface RunSelection {
  readonly columns: RunColumns;
  /** All must pass. */
  readonly filters?: readonly RowFilter[];
  /** Rows that pass all of these are left out; none when there are no such filters. */
  readonly except?: readonly RowFilter[];
  /** Rows that pass all of these are marked; none when there are no such filters. */
  readonly marks?: readonly RowFilter[];
  /** So many rows with the highest losses are left out. */
  readonly dropHighest?: number;
}

/** A training run of a table; what it does not tell and what cannot be derived is undefined. */
export interface RunPoint {
  readonly where: string;
  readonly n: number | undefined;
  readonly d: number | undefined;
  readonly c: number | undefined;
  readonly unique: number | undefined;
  readonly loss: number;
  readonly lossError: number | undefined;
  readonly cluster: string | undefined;
  /** In the order of their columns. */
  readonly otherLosses: readonly number[];
  readonly isMarked: boolean;
}

/** The runs of a table, and those that no law may read. */
export interface ReadRuns {
  readonly points: readonly RunPoint[];
  /** Runs that did not come to their end, by status. */
  readonly unfinished: ReadonlyMap<string, number>;
}

/** What a status says of a run that came to its end. */
const finished = ["done", "finished", "completed", "complete", "success", "succeeded", "ok"];

/** Units of losses that must not stand in one fit. */
const unitColumns = ["unit", "loss_unit"];

/**
 * The runs of a table. Of N, D and C two give the third by C = 6 N D.
 *
 * @throws {ConfigError} when a column is missing, a cell is no positive number, a row stands there
 *   twice, or units are mixed; the message names row and column
 */
export async function readRunPoints(
  rows: AsyncIterable<TableRow>,
  { columns, filters = [], except = [], marks = [], dropHighest = 0 }: RunSelection,
): Promise<ReadRuns> {
  const points: RunPoint[] = [];
  const unfinished = new Map<string, number>();
  const places = new Map<string, number>();
  let unit: { readonly value: string; readonly where: string } | undefined;
  for await (const row of rows) {
    if (!passesAll(row, filters) || (except.length > 0 && passesAll(row, except))) continue;
    unit = checkedUnit(row, unit);
    const status = statusOf(row, columns.status);
    if (status !== undefined) {
      unfinished.set(status, (unfinished.get(status) ?? 0) + 1);
      continue;
    }
    const isMarked = marks.length > 0 && passesAll(row, marks);
    const point = pointOf(row, { columns, isMarked });
    const digest = createHash("sha1").update(JSON.stringify(row.values)).digest("binary");
    const twin = points[places.get(digest) ?? -1];
    if (twin !== undefined) throw repeatedRun(row, twin);
    places.set(digest, points.push(point) - 1);
  }
  if (points.length === 0) throw noRuns(unfinished);
  if (dropHighest === 0) return { points, unfinished };
  const highest = new Set(points.toSorted((a, b) => b.loss - a.loss).slice(0, dropHighest));
  return { points: points.filter((point) => !highest.has(point)), unfinished };
}

function passesAll(row: TableRow, filters: readonly RowFilter[]): boolean {
  return filters.every((filter) => passes(row, filter));
}

function noRuns(unfinished: ReadonlyMap<string, number>): ConfigError {
  return new ConfigError(
    unfinished.size === 0
      ? "--data: expected rows that pass the filters, got none; loosen --filter"
      : `--data: expected runs that came to their end, got none; their status is ${[...unfinished.keys()].join(", ")}`,
  );
}

/** The status of a run that did not come to its end. */
function statusOf({ where, values }: TableRow, column: string | undefined): string | undefined {
  if (column === undefined) return undefined;
  const status = textOf({ where, values }, column);
  return finished.includes(status.toLowerCase()) ? undefined : status || "unknown";
}

/** What a row says of its run; the lowest loss of a compute need not tell its size. */
function pointOf(
  row: TableRow,
  { columns, isMarked }: { readonly columns: RunColumns; readonly isMarked: boolean },
): RunPoint {
  const read = (column: string | undefined) => {
    const isLeftOut = column === undefined || (isMarked && isEmpty(row.values[column]));
    return isLeftOut ? undefined : positiveSum(row, column);
  };
  const [n, d, c] = [read(columns.n), read(columns.d), read(columns.c)];
  const unique = read(columns.unique);
  if (unique !== undefined && d !== undefined && unique > d * 1.001) {
    throw new ConfigError(
      `${row.where}, column "${columns.unique}": expected at most the ${d} tokens that were seen, got ${unique}`,
    );
  }
  return {
    where: row.where,
    n: n ?? (c !== undefined && d !== undefined ? c / (6 * d) : undefined),
    d: d ?? (c !== undefined && n !== undefined ? c / (6 * n) : undefined),
    c: c ?? (n !== undefined && d !== undefined ? 6 * n * d : undefined),
    unique,
    loss: positiveNumber(row, columns.loss),
    lossError: read(columns.lossError),
    cluster: columns.cluster === undefined ? undefined : textOf(row, columns.cluster),
    otherLosses: (columns.otherLosses ?? []).map((column) => positiveNumber(row, column)),
    isMarked,
  };
}

function textOf({ where, values }: TableRow, column: string): string {
  if (!(column in values)) throw missingColumn(where, column, values);
  return String(values[column] ?? "").trim();
}

/** A column's number, or the sum of columns that are joined by `+`, such as blocks and head. */
function positiveSum(row: TableRow, column: string): number {
  if (column in row.values || !column.includes("+")) return positiveNumber(row, column);
  return column.split("+").reduce((sum, one) => sum + positiveNumber(row, one.trim()), 0);
}

function isEmpty(cell: unknown): boolean {
  return String(cell ?? "").trim() === "";
}

function positiveNumber({ where, values }: TableRow, column: string): number {
  if (!(column in values)) throw missingColumn(where, column, values);
  const cell = values[column];
  const text = String(cell ?? "").trim();
  const number = text === "" ? Number.NaN : Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  const got = text === "" ? "nothing" : `"${text}"`;
  throw new ConfigError(
    `${where}, column "${column}": expected a number above 0, got ${got}; mend it, or leave the row out with --filter`,
  );
}

function checkedUnit(
  { where, values }: TableRow,
  before: { readonly value: string; readonly where: string } | undefined,
) {
  const column = unitColumns.find((name) => name in values);
  if (column === undefined) return before;
  const value = String(values[column]);
  if (before === undefined || before.value === value) return before ?? { value, where };
  throw new ConfigError(
    `${where}, column "${column}": "${value}" beside "${before.value}" (${before.where}); bring the losses to one unit, or choose one with --filter "${column} = ${value}"`,
  );
}

function repeatedRun({ where }: TableRow, twin: RunPoint): ConfigError {
  return new ConfigError(
    `${where}: the same run as ${twin.where} in every column; remove one, or add a column that tells them apart, such as the seed`,
  );
}
