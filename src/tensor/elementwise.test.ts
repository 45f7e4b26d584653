import { afterAll, beforeAll, expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import { evaluate, mismatches } from "./_op-fixture.ts";
import {
  add,
  broadcastShapes,
  cast,
  div,
  equal,
  less,
  maximum,
  mul,
  sigmoid,
  silu,
  where,
} from "./elementwise.ts";
import { grad } from "./grad.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { sum } from "./shapes.ts";
import { input, scalar } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

test("shapes are aligned at the end and sizes of 1 stretch", () => {
  expect(broadcastShapes("add", [2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
  expect(broadcastShapes("add", [], [5])).toEqual([5]);
  expect(broadcastShapes("add", [1], [0])).toEqual([0]);
  expect(() => broadcastShapes("add", [2, 3], [2])).toThrow(ShapeError);
});

test("a wrong shape or type names the op and both operands", () => {
  const [x, y] = [input("x", "float32", [2, 3]), input("y", "float32", [2])];
  const whole = input("whole", "int32", [2, 3]);
  expect(() => add(x, y)).toThrow("add: expected shapes that broadcast, got [2,3] and [2]");
  expect(() => less(x, y)).toThrow("less: expected shapes that broadcast, got [2,3] and [2]");
  expect(() => mul(x, whole)).toThrow(
    "mul: expected one element type, got float32[2, 3] and int32[2, 3]; use cast",
  );
  expect(() => where(x, x, x)).toThrow("where: expected a bool condition, got float32[2, 3]");
  expect(() => where(equal(x, x), x, y)).toThrow("where: expected shapes that broadcast");
  expect(() => where(equal(y, y), x, x)).toThrow("where: expected shapes that broadcast");
  expect(() => where(equal(x, x), x, whole)).toThrow("where: expected one element type");
});

test("comparisons and where keep integers exact", async () => {
  const x = input("x", "int32", [3]);
  const isEqual = equal(x, scalar(2 ** 24 + 1, "int32"));
  const { chosen } = await evaluate(
    runtime,
    { chosen: where(isEqual, x, scalar(-7, "int32")) },
    { x: [2 ** 24, 2 ** 24 + 1, 2 ** 24 + 2] },
  );
  expect(chosen).toEqual([-7, 2 ** 24 + 1, -7]);
});

test("on a tie of maximum all of the gradient is the first operand's", async () => {
  const [x, y] = [input("x", "float32", [3]), input("y", "float32", [3])];
  const [dx, dy] = grad(sum(maximum(x, y)), [x, y]);
  const results = await evaluate(runtime, { dx: dx!, dy: dy! }, { x: [1, 2, 3], y: [2, 2, 2] });
  expect(results).toEqual({ dx: [0, 1, 1], dy: [1, 0, 0] });
});

test("where lets no gradient of the branch not taken through, even an infinite one", async () => {
  const x = input("x", "float32", [2]);
  const safe = where(equal(x, scalar(0)), scalar(1), x);
  const [dx] = grad(sum(where(equal(x, scalar(0)), scalar(0), div(scalar(1), safe))), [x]);
  expect(await evaluate(runtime, { dx: dx! }, { x: [0, 2] })).toEqual({ dx: [0, -0.25] });
});

test("sigmoid and silu saturate without NaN", async () => {
  const x = input("x", "float32", [2]);
  const [dSigmoid] = grad(sum(sigmoid(x)), [x]);
  const [dSilu] = grad(sum(silu(x)), [x]);
  const results = await evaluate(
    runtime,
    { y: silu(x), dSigmoid: dSigmoid!, dSilu: dSilu! },
    { x: [-200, 200] },
  );
  expect(mismatches(results["y"]!, [0, 200])).toEqual([]);
  expect(mismatches(results["dSigmoid"]!, [0, 0])).toEqual([]);
  expect(mismatches(results["dSilu"]!, [0, 1])).toEqual([]);
});

test("a gradient passes a cast between floats and stops at one to integers", () => {
  const x = input("x", "float32", [2]);
  const half = cast(x, "float16");
  expect(grad(sum(cast(half, "float32")), [half])[0]).toMatchObject({ dtype: "float16" });
  expect(() => grad(sum(cast(cast(x, "int32"), "float32")), [x])).toThrow("does not depend on");
});
