import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CallRecord, SampleRecord } from "./sample-record.ts";
import { samplesCsv } from "./samples-csv.ts";
import { samplesParquet } from "./samples-parquet.ts";
import { samplesTable } from "./samples-table.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-samples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ended = { type: "sample-end", time: "2026-01-01T00:00:00.000Z", events: [] } as const;
const asked: CallRecord = {
  ...{ model: "m", role: "policy", arguments: {}, isCached: false, milliseconds: 120 },
  ...{ messages: [{ role: "user", content: "2 + 2?" }], texts: ['"4", 四'] },
  usage: { prompt_tokens: 90, completion_tokens: 10, total_tokens: 100 },
};
const records: SampleRecord[] = [
  {
    ...{ ...ended, id: "t.0", scores: { accuracy: { value: 1, answer: "4" }, id: { value: 0.5 } } },
    calls: [asked],
  },
  { ...ended, id: "t.1", scores: {}, calls: [], error: "no answer\nat all" },
];
const prices = { m: { input: 10, output: 100 } };

test("samples are one table, as CSV and as Parquet with types", async () => {
  const table = samplesTable(records, prices);
  expect(samplesCsv(table).split("\r\n")).toEqual([
    "id,accuracy,score_id,read_as,question,answer,error,tokens,milliseconds,cost",
    't.0,1,0.5,4,2 + 2?,"""4"", 四",,100,120,0.0019',
    't.1,,,,,,"no answer\nat all",,,0',
    "",
  ]);
  const path = join(folder, "samples.parquet");
  await writeFile(path, samplesParquet(table));
  const file = await asyncBufferFromFile(path);
  expect(await parquetReadObjects({ file })).toEqual([
    {
      ...{ id: "t.0", accuracy: 1, score_id: 0.5, read_as: "4", question: "2 + 2?" },
      ...{ answer: '"4", 四', error: null, tokens: 100, milliseconds: 120, cost: 0.0019 },
    },
    {
      ...{ id: "t.1", accuracy: null, score_id: null, read_as: null, question: null },
      ...{ answer: null, error: "no answer\nat all", tokens: null, milliseconds: null, cost: 0 },
    },
  ]);
  const { schema } = await parquetMetadataAsync(file);
  const types = schema.slice(1).map(({ name, type, repetition_type: kind }) => [name, type, kind]);
  expect(types).toEqual([
    ["id", "BYTE_ARRAY", "REQUIRED"],
    ...["accuracy", "score_id"].map((name) => [name, "DOUBLE", "OPTIONAL"]),
    ...["read_as", "question", "answer", "error"].map((name) => [name, "BYTE_ARRAY", "OPTIONAL"]),
    ...["tokens", "milliseconds"].map((name) => [name, "INT32", "OPTIONAL"]),
    ["cost", "DOUBLE", "OPTIONAL"],
  ]);
});

test("a cost without a price, and no samples at all", async () => {
  expect(samplesTable(records).at(-1)!.values).toEqual([null, 0]);
  expect(samplesCsv(samplesTable([]))).toBe(
    "id,read_as,question,answer,error,tokens,milliseconds,cost\r\n",
  );
  const path = join(folder, "none.parquet");
  await writeFile(path, samplesParquet(samplesTable([])));
  expect(await parquetReadObjects({ file: await asyncBufferFromFile(path) })).toEqual([]);
});
