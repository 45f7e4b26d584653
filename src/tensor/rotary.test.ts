import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate, mismatches, randomNumbers } from "./_op-fixture.ts";
import { type RotaryTables, rotary, rotaryTables, rotaryTables2d } from "./rotary.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { constant, input, type Tensor } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

function rotation(tables: RotaryTables, positions: readonly number[]) {
  const shape = [tables.positions, tables.halfDim];
  return {
    positions: constant(positions, [positions.length], "int64"),
    cos: constant(tables.cos, shape),
    sin: constant(tables.sin, shape),
  };
}

/** The scores q . k of one query and one key at every position of the tables: [position][position]. */
async function scoresOf(tables: RotaryTables, headDim: number): Promise<number[][]> {
  const everywhere = Array.from({ length: tables.positions }, (_, position) => position);
  const rotated = async (seed: number) => {
    const x = constant(
      everywhere.flatMap(() => randomNumbers(headDim, seed)),
      [everywhere.length, headDim],
    );
    const { y } = await evaluate(runtime, { y: rotary(x, rotation(tables, everywhere), 1) });
    return everywhere.map((position) => y!.slice(position * headDim, (position + 1) * headDim));
  };
  const [queries, keys] = [await rotated(2), await rotated(3)];
  return queries.map((q) => keys.map((k) => q.reduce((total, v, i) => total + v * k[i]!, 0)));
}

// sums of 8 products of numbers below 2, each of some roundings of float32
const scoreTolerance = 1e-5;

test("1-D angles are position * theta^(-2 i / headDim)", () => {
  const { cos, sin, positions, halfDim } = rotaryTables(3, 4, 100);
  expect([positions, halfDim]).toEqual([3, 2]);
  const angles = [0, 0, 1, 0.1, 2, 0.2];
  expect(mismatches([...cos], angles.map(Math.cos))).toEqual([]);
  expect(mismatches([...sin], angles.map(Math.sin))).toEqual([]);
});

test("2-D angles turn even frequencies with the row and odd ones with the column", () => {
  const { cos, sin, positions, halfDim } = rotaryTables2d({ rows: 2, columns: 3 }, 8, 10_000);
  expect([positions, halfDim]).toEqual([6, 4]);
  // frequencies theta^(-2 i / 8) = 1, 0.1, 0.01, 0.001; the even ones stand first
  const angles = [0, 1].flatMap((row) =>
    [0, 1, 2].flatMap((column) => [row, row * 0.01, column * 0.1, column * 0.001]),
  );
  expect(mismatches([...cos], angles.map(Math.cos))).toEqual([]);
  expect(mismatches([...sin], angles.map(Math.sin))).toEqual([]);
});

test("of an odd number of 2-D frequencies the row has one more", () => {
  const { sin } = rotaryTables2d({ rows: 2, columns: 2 }, 6, 1000);
  // frequencies 1, 0.1, 0.01; position 3 is row 1, column 1
  expect(mismatches([...sin.slice(9)], [1, 0.01, 0.1].map(Math.sin))).toEqual([]);
});

test("a score depends on the difference of 1-D positions alone", async () => {
  const scores = await scoresOf(rotaryTables(7, 8, 50), 8);
  for (const [difference, expected] of scores[0]!.entries()) {
    const diagonal = scores.slice(0, 7 - difference).map((row, i) => row[i + difference]!);
    expect(
      mismatches(
        diagonal,
        diagonal.map(() => expected),
        scoreTolerance,
      ),
    ).toEqual([]);
  }
  expect(Math.abs(scores[0]![0]! - scores[0]![1]!)).toBeGreaterThan(0.01);
});

test("a score depends on the differences of 2-D rows and columns alone", async () => {
  const grid = { rows: 3, columns: 4 };
  const scores = await scoresOf(rotaryTables2d(grid, 8, 50), 8);
  const byDifference = new Map<string, number[]>();
  scores.forEach((row, from) => {
    row.forEach((score, to) => {
      const rows = Math.floor(to / grid.columns) - Math.floor(from / grid.columns);
      const key = `${rows} ${(to % grid.columns) - (from % grid.columns)}`;
      byDifference.set(key, [...(byDifference.get(key) ?? []), score]);
    });
  });
  expect(byDifference.size).toBe(5 * 7);
  for (const same of byDifference.values()) {
    expect(
      mismatches(
        same,
        same.map(() => same[0]!),
        scoreTolerance,
      ),
    ).toEqual([]);
  }
  const [down, right] = [byDifference.get("1 0")![0]!, byDifference.get("0 1")![0]!];
  expect(Math.abs(down - right)).toBeGreaterThan(0.01);
});

test("position 0 leaves a row as it is, and no position changes a length", async () => {
  const x = randomNumbers(24, 4);
  const tables = rotaryTables(9, 4, 10_000);
  const rotated = rotary(constant(x, [3, 8]), rotation(tables, [0, 8, 3]), 2);
  const { y } = await evaluate(runtime, { y: rotated });
  expect(y!.slice(0, 8)).toEqual(x.slice(0, 8));
  const lengths = (rows: readonly number[]) =>
    [0, 1, 2].map((row) => Math.hypot(...rows.slice(row * 8, row * 8 + 8)));
  expect(mismatches(lengths(y!), lengths(x), 1e-6)).toEqual([]);
});

test("a wrong shape or type names the op and what came", () => {
  const x = input("x", "float32", [3, 8]);
  const tables = rotation(rotaryTables(4, 4, 100), [0, 1, 2]);
  const expected = "rotary: expected x [rows, 3 heads x 4] and one position for each row, got";
  expect(() => rotary(x, tables, 3)).toThrow(`${expected} float32[3, 8] and int64[3]`);
  const replaced = (part: Partial<Record<keyof typeof tables, Tensor>>) =>
    rotary(x, { ...tables, ...part }, 2);
  expect(() => replaced({ positions: constant([0], [1], "int64") })).toThrow(
    "one position for each",
  );
  expect(() => replaced({ positions: constant([0, 1, 2], [3], "int32") })).toThrow(
    "rotary: expected int64 positions, got int32[3]",
  );
  expect(() => replaced({ sin: constant([0, 0], [1, 2]) })).toThrow(
    "rotary: expected cos and sin of one shape, got float32[4, 2] and float32[1, 2]",
  );
});
