import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import { sharedPath, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { readRows } from "./read-rows.ts";
import { parseFilter } from "./row-filter.ts";
import { type RunSelection, readRunPoints } from "./run-points.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-table-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const columns = { n: "params", c: "flops", loss: "loss" };
const head = "run,params,flops,loss";

async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const read = (path: string, selection: Partial<RunSelection> = {}) =>
  readRunPoints(readRows(path), { columns, ...selection }).then(({ points }) => points);

test("columns add up, and runs that broke off are counted, not fitted", async () => {
  const path = await fileWith(
    "split.csv",
    [
      "blocks,head,seen,unique,loss,se,end,status,run",
      "1e6,2e6,1e8,5e7,3.5,0.01,3.51,finished,a",
      "2e6,4e6,1e8,1e8,3.25,0.02,3.26,Done,b",
      "4e6,4e6,1e8,1e8,NaN,,,diverged,c",
      "4e6,4e6,1e8,1e8,,,,diverged,d",
    ].join("\n"),
  );
  const asked = { n: "blocks + head", d: "seen", loss: "loss", unique: "unique" };
  const found = await readRunPoints(readRows(path), {
    columns: { ...asked, lossError: "se", otherLosses: ["end"], status: "status", cluster: "run" },
  });
  expect(found.points).toMatchObject([
    {
      n: 3e6,
      d: 1e8,
      c: 1.8e15,
      unique: 5e7,
      loss: 3.5,
      lossError: 0.01,
      otherLosses: [3.51],
      cluster: "a",
    },
    { n: 6e6, unique: 1e8, lossError: 0.02, otherLosses: [3.26] },
  ]);
  expect([...found.unfinished]).toEqual([["diverged", 2]]);
  const wrong = (columns: object) =>
    readRunPoints(readRows(path), { columns: { ...asked, status: "status", ...columns } });
  await expect(wrong({ n: "blocks+tail" })).rejects.toThrow('a column "tail"');
  await expect(wrong({ unique: "seen", d: "unique" })).rejects.toThrow(
    "at most the 50000000 tokens",
  );
  await expect(wrong({ status: "state" })).rejects.toThrow('a column "state"');
  await rm(path);
});

test("CSV, JSON Lines, Parquet and a folder of them give the same runs", async () => {
  const runs = [
    { run: "a", params: 1e6, flops: 6e14, loss: 3.5 },
    { run: "b, again", params: 2e6, flops: 2.4e15, loss: 3.25 },
  ];
  const csv = `\uFEFF${head}\r\na,1e6,6e14,3.5\r\n"b, again",2000000,2.4e15,3.25\r\n`;
  const expected = [
    { n: 1e6, d: 1e8, c: 6e14, loss: 3.5 },
    { n: 2e6, d: 2e8, c: 2.4e15, loss: 3.25 },
  ];
  const columnData = (["params", "flops", "loss"] as const).map((name) => ({
    name,
    data: runs.map((run) => (name === "params" ? BigInt(run[name]) : run[name])),
    type: name === "params" ? ("INT64" as const) : ("DOUBLE" as const),
  }));
  const paths = [
    await fileWith("runs.csv", csv),
    await fileWith("runs.jsonl", runs.map((run) => `${JSON.stringify(run)}\n`).join("\n")),
    await fileWith("runs.parquet", new Uint8Array(parquetWriteBuffer({ columnData }))),
  ];
  for (const path of paths) expect(await read(path)).toMatchObject(expected);
  const together = await read(folder);
  expect(together.map(({ loss }) => loss)).toEqual([3.5, 3.25, 3.5, 3.25, 3.5, 3.25]);
  expect(together.map(({ where }) => where)).toEqual([
    ...["runs.csv, line 2", "runs.csv, line 3"],
    ...["runs.jsonl, line 1", "runs.jsonl, line 3"],
    ...["runs.parquet, row 1", "runs.parquet, row 2"],
  ]);
  for (const path of paths) await rm(path);
});

test("of size, tokens and compute two give the third", async () => {
  const path = await fileWith("three.csv", `${head},tokens\na,1e6,6e14,3,1e8\n`);
  const point = { n: 1e6, d: 1e8, c: 6e14 };
  for (const given of [
    { n: "params", d: "tokens" },
    { n: "params", c: "flops" },
    { d: "tokens", c: "flops" },
  ]) {
    expect(await read(path, { columns: { loss: "loss", ...given } })).toMatchObject([point]);
  }
  const [alone] = await read(path, { columns: { loss: "loss", c: "flops" } });
  expect([alone?.n, alone?.d, alone?.c]).toEqual([undefined, undefined, 6e14]);
});

test("filters and the highest losses leave rows out", async () => {
  const rows = ["a,1e6,1e14,5,x", "b,1e6,2e14,4,x", "c,1e6,3e14,3,y", "d,1e6,4e14,bad,z"];
  const path = await fileWith("kinds.csv", [`${head},kind`, ...rows].join("\n"));
  const losses = async (filters: readonly string[], dropHighest = 0) => {
    const parsed = filters.map((text) => parseFilter(text, "--filter"));
    return (await read(path, { filters: parsed, dropHighest })).map(({ loss }) => loss);
  };
  expect(await losses(["kind = x"])).toEqual([5, 4]);
  expect(await losses(["kind != z", "flops>1e14"])).toEqual([4, 3]);
  expect(await losses(["flops <= 3e14"], 1)).toEqual([4, 3]);
  await expect(losses(["kind = nothing"])).rejects.toThrow("expected rows that pass the filters");
  await expect(losses(["kind < y"])).rejects.toThrow('"x" < "y" compares text; use = or !=');
  await expect(losses(["sort = y"])).rejects.toThrow('expected a column "sort", there are run');
  expect(() => parseFilter("kind", "--optimal")).toThrow('--optimal "kind": expected COLUMN OP');
});

describe("what is wrong is named by row and column", () => {
  test.each([
    ["a,1e6,6e14,x", 'line 2, column "loss": expected a number above 0, got "x"'],
    ["a,1e6,6e14,", 'line 2, column "loss": expected a number above 0, got nothing'],
    ["a,1e6,6e14,NaN", 'line 2, column "loss": expected a number above 0, got "NaN"'],
    ["a,1e6,6e14,-2", 'line 2, column "loss": expected a number above 0, got "-2"'],
    ["a,0,6e14,3", 'line 2, column "params": expected a number above 0, got "0"'],
    ["a,1e6,6e14", "line 2: expected 4 fields as in the first line, got 3"],
    ['a,1e6,6e14,"3', "line 2: its quotes do not fit together"],
    ["a,1e6,6e14,3\na,1e6,6e14,3", "line 3: the same run as broken.csv, line 2 in every column"],
  ])("%s", async (rows, message) => {
    const path = await fileWith("broken.csv", `${head}\n${rows}`);
    const error = await read(path).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(message);
  });

  test("files", async () => {
    const refused = async (path: string, message: string) =>
      expect(read(path)).rejects.toThrow(message);
    await refused(join(folder, "absent.csv"), "found nothing at");
    await refused(await fileWith("runs.xlsx", "x"), "expected one of .csv, .jsonl, .ndjson");
    await refused(await fileWith("empty.csv", ""), "expected a first line with the names");
    await refused(await fileWith("twice.csv", "loss,loss\n1,2\n"), '"loss" stands there twice');
    await refused(await fileWith("cut.jsonl", '{"loss": 1'), "cut.jsonl, line 1: expected a JSON");
    await refused(await fileWith("list.jsonl", "[1]"), "expected a JSON object, got [1]");
    await refused(await fileWith("no.parquet", "PAR1"), "no.parquet: cannot be read as Parquet");
    const mixed = await fileWith("mixed.csv", `${head},unit\na,1,1,3,nats\nb,1,2,3,bits\n`);
    await refused(mixed, 'line 3, column "unit": "bits" beside "nats" (mixed.csv, line 2)');
  });
});

test("a published table is read as it is", async (context) => {
  const path = sharedPath("scaling/marin-delphi/delphi_ladder.csv");
  context.skip(path === undefined, withoutSharedData);
  const { points } = await readRunPoints(readRows(path!), {
    columns: { n: "params", d: "tokens", c: "budget_flops", loss: "loss" },
    filters: [parseFilter("kind = isoflop", "--filter")],
  });
  expect(points).toHaveLength(81);
  expect(new Set(points.map(({ c }) => c)).size).toBe(7);
});
