import { afterAll, beforeAll, expect, test } from "vitest";
import { RuntimeError } from "../errors.ts";
import { evaluate, evaluator, projected, randomNumbers } from "./_op-fixture.ts";
import { grad } from "./grad.ts";
import { gather, indexing, pick, place, scatterAdd } from "./indexing.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { apply, input } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

test("gather's gradient adds up every repeat, the same at each of 50 runs", async () => {
  // sizes at which ScatterND loses updates in every other run on two threads
  const [tableRows, width, count] = [3, 64, 20_000] as const;
  const ids = input("ids", "int32", [count]);
  const table = input("table", "float32", [tableRows, width]);
  const [gradient] = grad(projected(gather(table, ids)), [table]);
  const values = {
    ids: randomNumbers(count, 2).map((v) => Math.floor(Math.abs(v) * 1e6) % tableRows),
    table: randomNumbers(tableRows * width, 3),
    // multiples of 1/8: their sums are exact in float32, in whatever order
    projection: randomNumbers(count * width, 4).map((v) => Math.round(v * 8) / 8),
  };
  const expected = new Array<number>(tableRows * width).fill(0);
  values.projection.forEach((value, index) => {
    expected[values.ids[Math.floor(index / width)]! * width + (index % width)]! += value;
  });
  const program = await evaluator(runtime, { gradient: gradient! });
  for (let run = 0; run < 50; run++) {
    expect((await program.run(values))["gradient"]).toEqual(expected);
  }
  program.release();
});

test("scatterAdd of rounded numbers is the same to the bit at each of 50 runs", async () => {
  const [tableRows, width, count] = [3, 64, 20_000] as const;
  const outputs = {
    table: scatterAdd(
      input("ids", "int32", [count]),
      input("rows", "float32", [count, width]),
      tableRows,
    ),
  };
  const values = {
    ids: Array.from({ length: count }, (_, i) => (i * i) % tableRows),
    rows: randomNumbers(count * width, 5),
  };
  const program = await evaluator(runtime, outputs);
  const first = await program.run(values);
  expect(first["table"]!.some((value) => value !== 0)).toBe(true);
  for (let run = 1; run < 50; run++) expect(await program.run(values)).toEqual(first);
  program.release();
});

test("scatterAdd accumulates onto a table that is given", async () => {
  const onto = input("onto", "float32", [2, 2]);
  const ids = input("ids", "int64", [3]);
  const rows = input("rows", "float32", [3, 2]);
  const sum = apply(indexing.scatterAdd, [onto, ids, rows], {});
  const [dOnto, dRows] = grad(projected(sum), [onto, rows]);
  const results = await evaluate(
    runtime,
    { sum, dOnto: dOnto!, dRows: dRows! },
    { onto: [1, 2, 3, 4], ids: [1, 1, 0], rows: [1, 2, 3, 4, 5, 6], projection: [1, 2, 3, 4] },
  );
  expect(results).toEqual({
    sum: [6, 8, 7, 10],
    dOnto: [1, 2, 3, 4],
    dRows: [3, 4, 3, 4, 1, 2],
  });
});

test("an index outside of the table fails the run", async () => {
  const table = input("table", "float32", [2, 2]);
  const ids = input("ids", "int32", [1]);
  const x = input("x", "float32", [1, 2]);
  const values = { table: [1, 2, 3, 4], x: [1, 2], ids: [2] };
  for (const y of [gather(table, ids), pick(x, ids), scatterAdd(ids, x, 2)]) {
    await expect(evaluate(runtime, { y }, values)).rejects.toThrow(RuntimeError);
  }
});

test("a wrong shape or type names the op and what came", () => {
  const table = input("table", "float32", [4, 2]);
  const ids = input("ids", "int32", [3]);
  const line = input("line", "float32", [3]);
  expect(() => gather(line, ids)).toThrow("gather: expected 2 axes, got float32[3]");
  expect(() => gather(table, line)).toThrow(
    "gather: expected int32 or int64 indices, got float32[3]",
  );
  expect(() => gather(table, input("i", "int32", [3, 1]))).toThrow("gather: expected 1 axes");
  expect(() => scatterAdd(ids, table, 5)).toThrow(
    "scatterAdd: expected [table rows, n], indices [m] and rows [m, n], got float32[5, 2], int32[3], float32[4, 2]",
  );
  expect(() => scatterAdd(line, table, 5)).toThrow("scatterAdd: expected int32 or int64 indices");
  expect(() => scatterAdd(input("i", "int32", [4, 1]), table, 5)).toThrow(
    "scatterAdd: expected 1 axes, got int32[4, 1]",
  );
  expect(() => pick(table, ids)).toThrow(
    "pick: expected x [rows, n] and one index for each row, got float32[4, 2] and int32[3]",
  );
  expect(() => pick(table, line)).toThrow("pick: expected int32 or int64 indices");
  expect(() => place(ids, input("v", "float32", [2]), 4)).toThrow(
    "place: expected one value for each index, got int32[3] and float32[2]",
  );
});
