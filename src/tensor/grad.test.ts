import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate, mismatches, randomNumbers } from "./_op-fixture.ts";
import { compile } from "./compile.ts";
import { add, cast, exp, mul, neg } from "./elementwise.ts";
import { grad } from "./grad.ts";
import { gather } from "./indexing.ts";
import { linearCrossEntropy } from "./losses.ts";
import { rmsNorm } from "./normalisation.ts";
import { linear } from "./products.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { sum } from "./shapes.ts";
import { constant, input, scalar, type Tensor } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

const x = input("x", "float32", [3]);
const values = { x: [1, -2, 3] };

test("a value used twice gets both gradients", async () => {
  const squares = mul(x, x);
  const [dx] = grad(sum(add(mul(squares, x), squares)), [x]); // x^3 + x^2
  expect(await evaluate(runtime, { dx: dx! }, values)).toEqual({ dx: [5, 8, 33] });
});

test("the loss itself, a value within and one asked for twice have gradients", async () => {
  const squares = mul(x, x);
  const loss = sum(neg(squares));
  const [dLoss, dSquares, dx, again] = grad(loss, [loss, squares, x, x]);
  const outputs = { dLoss: dLoss!, dSquares: dSquares!, dx: dx!, again: again! };
  expect(await evaluate(runtime, outputs, values)).toEqual({
    dLoss: [1],
    dSquares: [-1, -1, -1],
    dx: [-2, 4, -6],
    again: [-2, 4, -6],
  });
});

test("a gradient can be differentiated again", async () => {
  const [first] = grad(sum(mul(mul(x, x), x)), [x]);
  const [second] = grad(sum(first!), [x]);
  expect(await evaluate(runtime, { second: second! }, values)).toEqual({ second: [6, -12, 18] });
});

test("what does not lead to a tensor is left out of the graph", () => {
  const y = input("y", "float32", [3]);
  const [dx] = grad(sum(mul(x, exp(y))), [x]);
  const text = Buffer.from(compile({ dx: dx! }).model);
  expect(compile({ dx: dx! }).inputs).toEqual([y]);
  expect(text.includes("Exp")).toBe(true);
  expect(text.includes("ReduceSum")).toBe(false);
});

test("a loss that is no scalar or does not depend on a tensor is refused", () => {
  const y = input("y", "float32", [2]);
  expect(() => grad(x, [x])).toThrow("grad: expected a scalar loss, got float32[3]");
  const message = "grad: the loss does not depend on float32[2]";
  expect(() => grad(sum(x), [x, y])).toThrow(message);
  expect(() => grad(sum(x), [x, y], { onto: [x, y] })).toThrow(message);
  const whole = cast(cast(y, "int32"), "float32");
  expect(() => grad(sum(whole), [y])).toThrow(message);
});

/** A head, a norm and an embedding, each of whose gradients can be added onto a sum in its own way. */
function model(part: number): { loss: Tensor; parameters: Tensor[] } {
  const loss = sum(
    linearCrossEntropy(
      linear(
        rmsNorm(gather(parameters[0]!, input(`ids${part}`, "int32", [5])), parameters[1]!, 0.1),
        parameters[2]!,
      ),
      parameters[3]!,
      input(`targets${part}`, "int32", [5]),
    ),
  );
  return { loss, parameters };
}
const parameters = [[6, 4], [4], [3, 4], [7, 3]].map((shape, i) =>
  input(`p${i}`, "float32", shape),
);

describe("onto", () => {
  test("adds gradients of two parts as their separate sums", async () => {
    const [a, b] = [model(0), model(1)];
    const separate = [grad(a.loss, parameters), grad(b.loss, parameters)] as const;
    const added = grad(b.loss, parameters, { onto: grad(a.loss, parameters) });
    const outputs: Record<string, Tensor> = {};
    parameters.forEach((_, i) => {
      outputs[`added${i}`] = added[i]!;
      outputs[`separate${i}`] = add(separate[0][i]!, separate[1][i]!);
    });
    const results = await evaluate(runtime, outputs, {
      ...Object.fromEntries([24, 4, 12, 21].map((size, i) => [`p${i}`, randomNumbers(size, i)])),
      ids0: [0, 1, 1, 5, 0],
      ids1: [1, 2, 1, 5, 3],
      targets0: [0, 6, 3, -1, 1],
      targets1: [2, 2, -1, 4, 5],
    });
    for (const i of parameters.keys()) {
      expect(results[`separate${i}`]!.some((value) => Math.abs(value) > 0.1)).toBe(true);
      expect(mismatches(results[`added${i}`]!, results[`separate${i}`]!)).toEqual([]);
    }
  });

  test("costs a weight's gradient no pass of its own", () => {
    const weight = input("weight", "float32", [2, 3]);
    const rows = input("rows", "float32", [4, 3]);
    const onto = input("onto", "float32", [2, 3]);
    const [added] = grad(sum(linear(rows, weight)), [weight], { onto: [onto] });
    const text = Buffer.from(compile({ added: added! }).model);
    expect(text.includes("Gemm")).toBe(true);
    expect(text.includes("Add")).toBe(false);
  });

  test("starts from any values, for a tensor used once or more", async () => {
    const [dx] = grad(sum(mul(x, x)), [x], { onto: [constant([10, 20, 30], [3])] });
    expect(await evaluate(runtime, { dx: dx! }, values)).toEqual({ dx: [12, 16, 36] });
  });

  test("that does not fit its tensors is refused", () => {
    const loss = sum(x);
    expect(() => grad(loss, [x], { onto: [scalar(0)] })).toThrow(
      "grad: expected onto float32[3], got float32[]",
    );
    expect(() => grad(loss, [x], { onto: [] })).toThrow("grad: expected onto float32[3], got ");
    const squares = mul(x, x);
    expect(() => grad(sum(squares), [squares, x], { onto: [x, x] })).toThrow(
      "grad: onto expects tensors that do not depend on each other, got float32[3] that does",
    );
  });
});
