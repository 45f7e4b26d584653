import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { brokenJson } from "../../data/sources/broken-json.ts";
import { csvRecords } from "../../data/sources/csv.ts";
import { lines } from "../../data/sources/lines.ts";
import { ConfigError } from "../../errors.ts";

/** A row of a table of training runs, as its file has it. */
export interface TableRow {
  /** The file and the row's place in it, as errors name it. */
  readonly where: string;
  readonly values: Readonly<Record<string, unknown>>;
}

type Reader = (path: string) => AsyncGenerator<TableRow>;

const readers: Readonly<Record<string, Reader>> = {
  ".csv": readCsv,
  ".jsonl": readJsonLines,
  ".ndjson": readJsonLines,
  ".parquet": readParquet,
};
const formats = Object.keys(readers).join(", ");

/**
 * The rows of a table: a CSV, JSON Lines or Parquet file, or all such files of a folder, one row
 * after the other however large it is.
 *
 * @param flag - which named the path, for errors
 * @throws {ConfigError} when there is no such file, or it is broken; the message names the row
 */
export async function* readRows(path: string, flag = "--data"): AsyncGenerator<TableRow> {
  for (const file of await tableFiles(path, flag)) yield* readers[extname(file)]!(file);
}

async function tableFiles(path: string, flag: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new ConfigError(`${flag}: expected a table, found nothing at ${path}`);
  }
  if (!found.isDirectory()) {
    if (extname(path) in readers) return [path];
    throw new ConfigError(`${flag} ${path}: expected one of ${formats}; save the table as CSV`);
  }
  const names = (await readdir(path)).filter((name) => extname(name) in readers).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new ConfigError(`${flag} ${path}: expected a folder with one of ${formats}, found none`);
}

async function* readCsv(path: string): AsyncGenerator<TableRow> {
  const name = basename(path);
  let header: readonly string[] | undefined;
  for await (const { line, fields } of csvRecords(textOf(path), name)) {
    const where = `${name}, line ${line}`;
    if (fields === undefined) throw new ConfigError(`${where}: its quotes do not fit together`);
    if (header === undefined) {
      header = fields.map((field) => field.trim());
      checkHeader(header, where);
      continue;
    }
    if (fields.length !== header.length) {
      throw new ConfigError(
        `${where}: expected ${header.length} fields as in the first line, got ${fields.length}; quote fields that have commas`,
      );
    }
    yield { where, values: Object.fromEntries(header.map((column, i) => [column, fields[i]!])) };
  }
  if (header === undefined) {
    throw new ConfigError(`${name}: expected a first line with the names of the columns`);
  }
}

function checkHeader(header: readonly string[], where: string): void {
  const twice = header.find((column, i) => header.indexOf(column) < i);
  if (twice !== undefined) {
    throw new ConfigError(`${where}: the column "${twice}" stands there twice; rename one`);
  }
}

async function* readJsonLines(path: string): AsyncGenerator<TableRow> {
  let line = 0;
  for await (const text of lines(textOf(path))) {
    line++;
    if (text.trim() === "") continue;
    const where = `${basename(path)}, line ${line}`;
    yield { where, values: parseObject(text, where) };
  }
}

function parseObject(text: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${where}: expected a JSON object; ${brokenJson(text, cause)}`, {
      cause,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ConfigError(`${where}: expected a JSON object, got ${JSON.stringify(value)}`);
}

async function* textOf(path: string): AsyncGenerator<string> {
  let isFirst = true;
  for await (const text of createReadStream(path, "utf8")) {
    yield isFirst ? (text as string).replace(/^\uFEFF/, "") : (text as string);
    isFirst = false;
  }
}

/** Rows that are taken out of a Parquet file together. */
const parquetRows = 10_000;

async function* readParquet(path: string): AsyncGenerator<TableRow> {
  // loaded when it is needed: most tables are no Parquet
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import(
    "hyparquet"
  );
  const name = basename(path);
  const file = await asyncBufferFromFile(path);
  try {
    const metadata = await parquetMetadataAsync(file);
    const total = Number(metadata.num_rows);
    for (let start = 0; start < total; start += parquetRows) {
      const rowEnd = Math.min(total, start + parquetRows);
      const rows = await parquetReadObjects({ file, metadata, rowStart: start, rowEnd });
      for (const [i, row] of rows.entries()) {
        yield { where: `${name}, row ${start + i + 1}`, values: plain(row) };
      }
    }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`${name}: cannot be read as Parquet (${(cause as Error).message})`, {
      cause,
    });
  }
}

/** 64-bit integers become numbers, those within lists and structures too. */
function plain(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) {
    return Array.from(value, Number);
  }
  if (Array.isArray(value)) return value.map(plainValue);
  const isStructure = value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isStructure ? plain(value as Record<string, unknown>) : value;
}
