import { ConfigError } from "../errors.ts";
import type { TableRow } from "../evaluate/table/table-question.ts";
import { readRows } from "../scaling/run-table/read-rows.ts";

/**
 * All rows of a CSV, JSON Lines or Parquet file, or of a folder of them.
 *
 * @param flag - which named the path, for errors
 * @throws {ConfigError} as `readRows`, and when there is no row
 */
export async function tableRows(path: string, flag: string): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for await (const { values } of readRows(path, flag)) rows.push(values);
  if (rows.length > 0) return rows;
  throw new ConfigError(`${flag} ${path}: expected rows with questions, it has none`);
}
