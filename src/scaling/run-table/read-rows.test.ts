import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { readRows } from "./read-rows.ts";

test("64-bit integers of Parquet are numbers, in lists too, so that rows can be written as JSON", async () => {
  const folder = await mkdtemp(join(tmpdir(), "foretoken-rows-"));
  const path = join(folder, "lists.parquet");
  const schema = [
    { name: "root", num_children: 1 },
    { name: "ids", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "OPTIONAL", type: "INT64" },
  ] as const;
  const columnData = [{ name: "ids", data: [[1n, 2n], [3n]] }];
  const bytes = parquetWriteBuffer({ columnData, schema: [...schema] });
  await writeFile(path, new Uint8Array(bytes));
  const rows: unknown[] = [];
  for await (const { values } of readRows(path)) rows.push(values);
  expect(rows).toEqual([{ ids: [1, 2] }, { ids: [3] }]);
  await rm(folder, { recursive: true });
});
