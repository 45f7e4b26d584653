import { afterAll, beforeAll, expect, test } from "vitest";
import {
  checkCase,
  evaluate,
  floats,
  ids,
  mismatches,
  opCase,
  randomNumbers,
} from "./_op-fixture.ts";
import { grad } from "./grad.ts";
import { crossEntropy, ignoredTarget, linearCrossEntropy } from "./losses.ts";
import { linear } from "./products.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { sum } from "./shapes.ts";
import { input } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

const ln3 = Math.log(3);

test("crossEntropy of logits 0 and ln 3, an ignored row, and its gradient", async () => {
  const given = opCase(
    [floats([3, 2], [0, ln3, 0, ln3, 0, ln3]), ids([1, 0, ignoredTarget])],
    crossEntropy,
    { expected: [0.2876820724, 1.3862943611, 0], stopped: [1] },
  );
  expect(await checkCase(runtime, given)).toEqual([]);
});

test("linearCrossEntropy is crossEntropy of linear, in value and gradients", async () => {
  const [rows, width, classes] = [9, 5, 11] as const;
  const x = input("x", "float32", [rows, width]);
  const weight = input("weight", "float32", [classes, width]);
  const targets = input("targets", "int32", [rows]);
  const fused = linearCrossEntropy(x, weight, targets);
  const plain = crossEntropy(linear(x, weight), targets);
  const [dx, dWeight] = grad(sum(fused), [x, weight]);
  const [dxPlain, dWeightPlain] = grad(sum(plain), [x, weight]);
  const values = {
    x: randomNumbers(rows * width, 2),
    weight: randomNumbers(classes * width, 3),
    targets: [0, 10, 3, ignoredTarget, 3, 7, ignoredTarget, 1, 2],
  };
  const outputs = { fused, plain, dx: dx!, dxPlain: dxPlain!, dWeight: dWeight! };
  const results = await evaluate(runtime, { ...outputs, dWeightPlain: dWeightPlain! }, values);
  expect(mismatches(results["fused"]!, results["plain"]!)).toEqual([]);
  expect(mismatches(results["dx"]!, results["dxPlain"]!)).toEqual([]);
  expect(mismatches(results["dWeight"]!, results["dWeightPlain"]!)).toEqual([]);
  for (const row of [3, 6]) {
    expect(results["fused"]![row]).toBe(0);
    expect(results["dx"]!.slice(row * width, (row + 1) * width).every((v) => v === 0)).toBe(true);
  }
});

test("when all targets are ignored, loss and gradients are 0", async () => {
  const x = input("x", "float32", [2, 1]);
  const weight = input("weight", "float32", [3, 1]);
  const loss = linearCrossEntropy(x, weight, input("targets", "int32", [2]));
  const [dx, dWeight] = grad(sum(loss), [x, weight]);
  const results = await evaluate(
    runtime,
    { loss, dx: dx!, dWeight: dWeight! },
    { x: [1, 2], weight: [1, 2, 3], targets: [ignoredTarget, ignoredTarget] },
  );
  for (const zeros of Object.values(results)) {
    expect(mismatches(zeros, Array(zeros.length).fill(0), 0)).toEqual([]);
  }
});

test("a hopeless target costs 87.3 nats in one op and its full share in two, both with a gradient", async () => {
  const x = input("x", "float32", [1, 1]);
  const weight = input("weight", "float32", [2, 1]);
  const targets = input("targets", "int32", [1]);
  const fused = linearCrossEntropy(x, weight, targets);
  const [dx] = grad(sum(fused), [x]);
  const results = await evaluate(
    runtime,
    { fused, plain: crossEntropy(linear(x, weight), targets), dx: dx! },
    { x: [1], weight: [0, 200], targets: [0] },
  );
  expect(mismatches(results["fused"]!, [126 * Math.LN2])).toEqual([]); // the least normal is 2^-126
  expect(mismatches(results["plain"]!, [200])).toEqual([]);
  expect(mismatches(results["dx"]!, [200])).toEqual([]);
});

test("a target outside of the classes fails the run", async () => {
  const x = input("x", "float32", [1, 1]);
  const loss = linearCrossEntropy(x, input("weight", "float32", [2, 1]), input("t", "int32", [1]));
  await expect(evaluate(runtime, { loss }, { x: [1], weight: [1, 2], t: [2] })).rejects.toThrow();
});

test("a wrong shape or type names the op and what came", () => {
  const x = input("x", "float32", [4, 2]);
  const weight = input("weight", "float32", [7, 2]);
  const targets = input("targets", "int32", [4]);
  const expected =
    "linearCrossEntropy: expected x [rows, n] and weight [classes, n] of one type and targets [rows], got";
  expect(() => linearCrossEntropy(x, input("w", "float32", [7, 3]), targets)).toThrow(
    `${expected} float32[4, 2], float32[7, 3], int32[4]`,
  );
  expect(() => linearCrossEntropy(x, weight, input("t", "int32", [3]))).toThrow(expected);
  expect(() => linearCrossEntropy(x, weight, input("t", "int32", [4, 1]))).toThrow(expected);
  expect(() => linearCrossEntropy(x, input("w", "float16", [7, 2]), targets)).toThrow(expected);
  expect(() => linearCrossEntropy(targets, weight, targets)).toThrow(
    "linearCrossEntropy: expected 2 axes, got int32[4]",
  );
  expect(() => linearCrossEntropy(x, weight, input("t", "float32", [4]))).toThrow(
    "linearCrossEntropy: expected int32 or int64 indices, got float32[4]",
  );
  expect(() => crossEntropy(x, input("t", "int32", [3]))).toThrow("pick: expected x [rows, n]");
});
