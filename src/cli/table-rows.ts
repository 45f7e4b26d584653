import type { TableRow } from "../evaluate/table/table-question.ts";
import { readRows } from "../scaling/run-table/read-rows.ts";

/** All rows of a CSV, JSON Lines or Parquet file, or of a folder of them. */
export async function tableRows(path: string): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for await (const { values } of readRows(path)) rows.push(values);
  return rows;
}
