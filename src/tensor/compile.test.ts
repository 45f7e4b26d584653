import { afterAll, beforeAll, expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import { evaluate, evaluator, projected, randomNumbers } from "./_op-fixture.ts";
import { attention, attentions } from "./attention.ts";
import { compile } from "./compile.ts";
import { add, cast, mul } from "./elementwise.ts";
import { grad } from "./grad.ts";
import { normalisation, rmsNorm, softmax } from "./normalisation.ts";
import { linear } from "./products.ts";
import { loadProgram } from "./program.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { applyAll, constant, input, scalar, type Tensor } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

/** y = softmax(x weight^T) with its gradients, built anew at each call. */
function program(factor = 2): Record<string, Tensor> {
  const x = input("x", "float32", [33, 17]);
  const weight = input("weight", "float32", [19, 17]);
  const y = softmax(mul(linear(x, weight), scalar(factor)));
  const [dx, dWeight] = grad(projected(y), [x, weight]);
  return { y, dx: dx!, dWeight: dWeight! };
}

test("equal programs give equal bytes, others do not", () => {
  expect(compile(program()).model).toEqual(compile(program()).model);
  expect(compile(program(3)).model).not.toEqual(compile(program()).model);
});

test("equal programs share one session of a runtime", async () => {
  const session = await loadProgram(runtime, program());
  expect(await loadProgram(runtime, program())).toBe(session);
  expect(await loadProgram(runtime, program(3))).not.toBe(session);
});

test("a program gives the same bits in every session and run", async () => {
  const values = {
    x: randomNumbers(33 * 17, 2),
    weight: randomNumbers(19 * 17, 3),
    projection: randomNumbers(33 * 19, 4),
  };
  const first = await evaluate(runtime, program(), values);
  expect(first["dWeight"]!.every(Number.isFinite)).toBe(true);
  for (let session = 0; session < 4; session++) {
    const again = await evaluator(runtime, program());
    for (let run = 0; run < 5; run++) expect(await again.run(values)).toEqual(first);
    again.release();
  }
});

test("inputs are those that are read, in the order of their creation", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => input(name, "float32", [1]));
  expect(compile({ y: add(c!, a!) }).inputs).toEqual([a, c]);
  expect(compile({ y: b! }).inputs).toEqual([b]);
  expect(compile({ y: scalar(1) }).inputs).toEqual([]);
});

test("a name given twice is refused", () => {
  const [x, other] = [input("x", "float32", [1]), input("x", "float32", [1])];
  const message = 'compile: expected inputs and outputs with different names, got "x" twice';
  expect(() => compile({ y: add(x, other) })).toThrow(new ShapeError(message));
  expect(() => compile({ x: add(x, x) })).toThrow(message);
  expect(() => compile({ x })).toThrow(message);
  expect(compile({ y: add(x, x) }).inputs).toEqual([x]);
});

test("names such as those of inner values are free", async () => {
  const [a, b] = [input("t0", "float32", [1]), input("c0", "float32", [1])];
  const sum = add(a, scalar(1));
  const outputs = { t1: mul(sum, b), c1: sum };
  expect(await evaluate(runtime, outputs, { t0: [2], c0: [5] })).toEqual({ t1: [15], c1: [3] });
});

test("an input or a constant can be an output, and so can one value twice", async () => {
  const x = input("x", "float32", [2]);
  const two = constant([2, 2], [2]);
  const sum = add(x, two);
  const outputs = { same: x, two, first: sum, second: sum, product: mul(sum, sum), alsoTwo: two };
  expect(await evaluate(runtime, outputs, { x: [1, 2] })).toEqual({
    same: [1, 2],
    two: [2, 2],
    first: [3, 4],
    second: [3, 4],
    product: [9, 16],
    alsoTwo: [2, 2],
  });
});

test("of several outputs of a node any may be left out", async () => {
  const x = input("x", "float32", [1, 2]);
  const weight = constant([1, 2], [2]);
  const [, inverse] = applyAll(normalisation.rmsNorm, [x, weight], { epsilon: 3.5 });
  expect(await evaluate(runtime, { inverse: inverse! }, { x: [3, 4] })).toEqual({
    inverse: [0.25],
  });
  expect(await evaluate(runtime, { y: rmsNorm(x, weight, 3.5) }, { x: [3, 4] })).toEqual({
    y: [0.75, 2],
  });
  const one = input("one", "float32", [1, 1, 1]);
  const mask = constant([0], [1, 1]);
  const attributes = { scale: 1, batch: 1 };
  const [, weights] = applyAll(attentions.attention, [one, one, one, mask], attributes);
  expect(await evaluate(runtime, { weights: weights! }, { one: [3] })).toEqual({ weights: [1] });
  const y = attention({ q: one, k: one, v: one }, mask, attributes);
  expect(await evaluate(runtime, { y }, { one: [3] })).toEqual({ y: [3] });
});

test("equal constants are stored once, equal bytes of another shape or type apart", async () => {
  const size = 4096;
  const x = input("x", "float32", [size]);
  const fill = () => constant(new Float32Array(size).fill(1.5), [size]);
  expect(compile({ y: mul(add(x, fill()), fill()) }).model.length).toBeLessThan(1.5 * 4 * size);
  const outputs = {
    row: constant([0, 0], [1, 2]),
    column: constant([0, 0], [2, 1]),
    whole: cast(constant([0, 0], [2], "int32"), "float32"),
  };
  expect(await evaluate(runtime, outputs)).toEqual({ row: [0, 0], column: [0, 0], whole: [0, 0] });
});
