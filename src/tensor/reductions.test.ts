import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate } from "./_op-fixture.ts";
import { grad } from "./grad.ts";
import { max, mean, sumOfSquares } from "./reductions.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { sum } from "./shapes.ts";
import { input } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

test("elements that tie for the maximum share its gradient", async () => {
  const x = input("x", "float32", [2, 4]);
  const [dx] = grad(sum(max(x, [1])), [x]);
  expect(await evaluate(runtime, { dx: dx! }, { x: [3, 3, 1, 3, 0, 0, 0, 0] })).toEqual({
    dx: [1 / 3, 1 / 3, 0, 1 / 3, 0.25, 0.25, 0.25, 0.25].map(Math.fround),
  });
});

test("there is no mean and no maximum of nothing", () => {
  const empty = input("x", "float32", [0, 3]);
  expect(() => mean(empty)).toThrow(
    "mean: expected at least one element to average, got float32[0, 3]",
  );
  expect(() => max(empty, [0])).toThrow(
    "max: expected at least one element to compare, got float32[0, 3]",
  );
  expect(mean(empty, [1]).shape).toEqual([0]);
  expect(max(empty, [-1], true).shape).toEqual([0, 1]);
});

test("an axis that is not there or given twice is refused", () => {
  const x = input("x", "float32", [2, 3]);
  expect(() => mean(x, [2])).toThrow("mean: expected an axis between -2 and 1, got 2");
  expect(() => max(x, [-3])).toThrow("max: expected an axis between -2 and 1, got -3");
  expect(() => sumOfSquares(x, [0, -2])).toThrow(
    "sumOfSquares: expected each axis of float32[2, 3] once, got [0,-2]",
  );
});

test("a sum of many elements stays near the exact one", async () => {
  const count = 100_003; // no multiple of a register or a thread's share
  const x = input("x", "float32", [count]);
  const { squares, average } = await evaluate(
    runtime,
    { squares: sumOfSquares(x), average: mean(x) },
    { x: Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1)) },
  );
  expect(squares).toEqual([count]); // whole numbers below 2^24 are exact in float32
  expect(average).toEqual([Math.fround(1 / count)]);
});
