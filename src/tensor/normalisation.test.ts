import { afterAll, beforeAll, expect, test } from "vitest";
import { evaluate, evaluator, mismatches, projected, randomNumbers } from "./_op-fixture.ts";
import { compile } from "./compile.ts";
import { grad } from "./grad.ts";
import { logSoftmax, rmsNorm, softmax } from "./normalisation.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { sum } from "./shapes.ts";
import { input } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

test("softmax keeps rows of large numbers finite, and its gradient is 0 for a constant", async () => {
  const x = input("x", "float32", [2, 3]);
  const [dx] = grad(sum(softmax(x)), [x]);
  const results = await evaluate(
    runtime,
    { p: softmax(x), log: logSoftmax(x), dx: dx! },
    { x: [1000, 1000, -1000, -5e30, 0, -5e30] },
  );
  expect(results["p"]).toEqual([0.5, 0.5, 0, 0, 1, 0]);
  expect(mismatches(results["log"]!.slice(0, 3), [-Math.LN2, -Math.LN2, -2000 - Math.LN2])).toEqual(
    [],
  );
  expect(mismatches(results["dx"]!, [0, 0, 0, 0, 0, 0])).toEqual([]);
});

test("rmsNorm does not change with the scale of x when epsilon is 0", async () => {
  const x = input("x", "float32", [3, 5]);
  const weight = input("weight", "float32", [5]);
  const values = { x: randomNumbers(15, 2), weight: randomNumbers(5, 3) };
  const outputs = { y: rmsNorm(x, weight, 0) };
  const { y } = await evaluate(runtime, outputs, values);
  const scaled = await evaluate(runtime, outputs, { ...values, x: values.x.map((v) => v * 1024) });
  expect(mismatches(scaled["y"]!, y!)).toEqual([]);
});

test("rmsNorm's epsilon keeps a row of zeros at 0, its gradient finite", async () => {
  const x = input("x", "float32", [1, 2]);
  const weight = input("weight", "float32", [2]);
  const y = rmsNorm(x, weight, 0.25);
  const [dx, dWeight] = grad(projected(y), [x, weight]);
  const results = await evaluate(
    runtime,
    { y, dx: dx!, dWeight: dWeight! },
    { x: [0, 0], weight: [1, 3], projection: [1, 1] },
  );
  expect(results).toEqual({ y: [0, 0], dx: [2, 6], dWeight: [0, 0] });
});

test("rmsNorm's gradient is the same as it is written for WebGPU", async () => {
  const x = input("x", "float32", [2, 3]);
  const weight = input("weight", "float32", [3]);
  const y = rmsNorm(x, weight, 0.125);
  const [dx, dWeight] = grad(projected(y), [x, weight]);
  const outputs = { y, dx: dx!, dWeight: dWeight! };
  const recomputes = (device: "cpu" | "webgpu") =>
    Buffer.from(compile(outputs, device).model).includes("ReduceMean");
  expect(recomputes("webgpu")).toBe(true);
  expect(recomputes("cpu")).toBe(false);
  const values = {
    x: randomNumbers(6, 1),
    weight: randomNumbers(3, 2),
    projection: randomNumbers(6, 3),
  };
  const expected = await evaluate(runtime, outputs, values);
  const program = await evaluator(runtime, outputs, "webgpu");
  const results = await program.run(values);
  for (const [name, wanted] of Object.entries(expected)) {
    expect(wanted.every((value) => value !== 0)).toBe(true);
    expect(mismatches(results[name]!, wanted)).toEqual([]);
  }
});

test("a wrong shape or axis names the op and what came", () => {
  const x = input("x", "float32", [2, 3]);
  const weight = input("weight", "float32", [2]);
  expect(() => rmsNorm(x, weight, 1e-5)).toThrow(
    "rmsNorm: expected x [rows, n] and weight [n], got float32[2, 3] and float32[2]",
  );
  expect(() => rmsNorm(weight, weight, 1e-5)).toThrow("rmsNorm: expected 2 axes, got float32[2]");
  expect(() => softmax(x, 2)).toThrow("softmax: expected an axis between -2 and 1, got 2");
  expect(() => logSoftmax(x, -3)).toThrow("logSoftmax: expected an axis between -2 and 1, got -3");
});
