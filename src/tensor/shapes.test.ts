import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate } from "./_op-fixture.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import {
  concat,
  expand,
  expandReduced,
  pad,
  reshape,
  slice,
  sliceAxis,
  sum,
  sumTo,
  transpose,
} from "./shapes.ts";
import { input } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

const x = input("x", "float32", [2, 3]);

test("a wrong shape names the op and what came", () => {
  expect(() => reshape(x, [4])).toThrow(
    "reshape: expected a shape of 6 elements for float32[2, 3], got [4]",
  );
  const order = "transpose: expected an order of all axes of float32[2, 3], got";
  for (const axes of [[0], [0, 0], [1, 2], [-1, 0]]) {
    expect(() => transpose(x, axes)).toThrow(`${order} [${axes}]`);
  }
  for (const shape of [[3], [3, 3], [2, 3, 1]]) {
    expect(() => expand(x, shape)).toThrow(
      `expand: expected a shape that float32[2, 3] stretches to, got [${shape}]`,
    );
  }
  expect(() => pad(x, [0], [0, 0])).toThrow(
    "pad: expected sizes >= 0 for every axis of float32[2, 3], got [0] and [0,0]",
  );
  expect(() => pad(x, [0, 0], [-1, 0])).toThrow("pad: expected sizes >= 0");
});

test("a slice outside of the tensor is refused", () => {
  for (const [starts, ends] of [
    [
      [0, 0],
      [2, 4],
    ],
    [
      [1, 2],
      [2, 1],
    ],
    [
      [-1, 0],
      [2, 3],
    ],
    [[0], [2]],
  ]) {
    expect(() => slice(x, starts!, ends!)).toThrow(
      `slice: expected 0 <= start <= end <= size on every axis of float32[2, 3], got [${starts}] to [${ends}]`,
    );
  }
});

test("tensors that differ on another axis or in type do not concatenate", () => {
  const y = input("y", "float32", [2, 4]);
  expect(concat([x, y], 1).shape).toEqual([2, 7]);
  expect(() => concat([x, y], 0)).toThrow(
    "concat: expected tensors that differ on axis 0 alone, got float32[2, 3], float32[2, 4]",
  );
  expect(() => concat([x, input("z", "int32", [2, 3])], 0)).toThrow("concat: expected tensors");
  expect(() => concat([x, input("z", "float32", [3])], 0)).toThrow("concat: expected tensors");
  expect(() => concat([], 0)).toThrow("concat: expected at least one tensor, got none");
});

test("an axis that is not there or given twice is refused", () => {
  expect(() => sum(x, [2])).toThrow("sum: expected an axis between -2 and 1, got 2");
  expect(() => sum(x, [-3])).toThrow("sum: expected an axis between -2 and 1, got -3");
  expect(() => sum(x, [0.5])).toThrow("sum: expected an axis between -2 and 1, got 0.5");
  expect(() => sum(x, [1, -1])).toThrow(
    "sum: expected each axis of float32[2, 3] once, got [1,-1]",
  );
  expect(() => concat([x], 5)).toThrow("concat: expected an axis between -2 and 1, got 5");
  expect(() => sliceAxis(x, 2, 0, 1)).toThrow("sliceAxis: expected an axis between -2 and 1");
});

test("negative axes count from the end", async () => {
  const values = { x: [1, 2, 3, 4, 5, 6] };
  const outputs = { cut: sliceAxis(x, -1, 1, 2), joined: concat([x, x], -2), total: sum(x, [-2]) };
  expect(await evaluate(runtime, outputs, values)).toEqual({
    cut: [2, 5],
    joined: [...values.x, ...values.x],
    total: [5, 7, 9],
  });
});

test("a shape that is there already costs no node", () => {
  expect(reshape(x, [2, 3])).toBe(x);
  expect(expand(x, [2, 3])).toBe(x);
  expect(sumTo(x, [2, 3])).toBe(x);
  expect(concat([x], 0)).toBe(x);
});

test("sumTo undoes every way of stretching", async () => {
  const values = { x: [1, 2, 3, 4, 5, 6] };
  const shapes = { all: [], ones: [1, 1], rows: [2, 1], columns: [1, 3], last: [3] };
  const outputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, sumTo(x, shape)]),
  );
  expect(Object.values(outputs).map(({ shape }) => shape)).toEqual(Object.values(shapes));
  expect(await evaluate(runtime, outputs, values)).toEqual({
    all: [21],
    ones: [21],
    rows: [6, 15],
    columns: [5, 7, 9],
    last: [5, 7, 9],
  });
});

test("expandReduced stretches back over the axes that were removed", async () => {
  const row = input("row", "float32", [3]);
  const outputs = { y: expandReduced(row, [2, 3], [0]) };
  expect(await evaluate(runtime, outputs, { row: [1, 2, 3] })).toEqual({ y: [1, 2, 3, 1, 2, 3] });
});
