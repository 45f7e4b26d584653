import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkCase, evaluate, floats, mismatches, opCase, randomNumbers } from "./_op-fixture.ts";
import { linear, type MatmulOptions, matmul, outerSum, products } from "./products.ts";
import { openRuntime } from "./runtime.ts";
import type { Runtime } from "./session.ts";
import { apply, input, type Shape } from "./tensor.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime();
});
afterAll(() => runtime?.release());

const isOdd = (code: number, bit: number): boolean => Math.floor(code / 2 ** bit) % 2 === 1;

const combinations: MatmulOptions[] = Array.from({ length: 16 }, (_, code) => ({
  transposeA: isOdd(code, 0),
  transposeB: isOdd(code, 1),
  batchSecondA: isOdd(code, 2),
  batchSecondB: isOdd(code, 3),
  scale: 0.5,
}));

/** Shape of a stored operand that is read as [batch, rows, columns]. */
function stored(read: Shape, transposed = false, batchSecond = false): Shape {
  const [batch, rows, columns] = read as [number, number, number];
  const [outer, inner] = transposed ? [columns, rows] : [rows, columns];
  return batchSecond ? [outer, batch, inner] : [batch, outer, inner];
}

/** Place of an element of the read operand in the stored one. */
function place(
  [b, row, column]: readonly [number, number, number],
  shape: Shape,
  {
    transposed = false,
    batchSecond = false,
  }: { transposed?: boolean | undefined; batchSecond?: boolean | undefined },
): number {
  const [outer, inner] = transposed ? [column, row] : [row, column];
  const [first, second] = batchSecond ? [outer, b] : [b, outer];
  return (first * shape[1]! + second) * shape[2]! + inner;
}

describe.each(combinations)("matmul with %o", (options) => {
  test("reads its operands as it is told, and so do its gradients", async () => {
    const [batch, m, k, n] = [2, 3, 2, 4] as const;
    const readA = { transposed: options.transposeA, batchSecond: options.batchSecondA };
    const readB = { transposed: options.transposeB, batchSecond: options.batchSecondB };
    const shapeA = stored([batch, m, k], readA.transposed, readA.batchSecond);
    const shapeB = stored([batch, k, n], readB.transposed, readB.batchSecond);
    const [a, b] = [randomNumbers(batch * m * k, 2), randomNumbers(batch * k * n, 3)];
    const expected = Array.from({ length: batch * m * n }, (_, index) => {
      const [group, i, j] = [Math.floor(index / (m * n)), Math.floor(index / n) % m, index % n];
      let total = 0;
      for (let inner = 0; inner < k; inner++) {
        const left = a[place([group, i, inner], shapeA, readA)]!;
        total += left * b[place([group, inner, j], shapeB, readB)]!;
      }
      return total / 2;
    });
    const given = opCase([floats(shapeA, a), floats(shapeB, b)], (x, y) => matmul(x, y, options), {
      expected,
    });
    expect(await checkCase(runtime, given)).toEqual([]);
  });
});

test("sizes that are no multiple of a register or a block give the plain sums", async () => {
  const [m, k, n] = [17, 67, 33] as const;
  const [a, b] = [randomNumbers(m * k, 4), randomNumbers(n * k, 5)];
  const outputs = {
    y: linear(input("a", "float32", [m, k]), input("b", "float32", [n, k])),
  };
  const { y } = await evaluate(runtime, outputs, { a, b });
  const expected = Array.from({ length: m * n }, (_, index) => {
    const [i, j] = [Math.floor(index / n), index % n];
    return a.slice(i * k, (i + 1) * k).reduce((total, v, at) => total + v * b[j * k + at]!, 0);
  });
  expect(mismatches(y!, expected, 1e-5)).toEqual([]); // 67 products of about 1, each rounded at 6e-8
});

test("a wrong shape names the op and both operands as they are read", () => {
  const [x, y] = [input("x", "float32", [2, 3]), input("y", "float32", [4, 5])];
  const cube = input("cube", "float32", [2, 3, 4]);
  const expected = "matmul: expected [..., m, k] x [..., k, n] of one type and batch, got";
  expect(() => matmul(x, y)).toThrow(`${expected} float32[2, 3] x float32[4, 5]`);
  expect(() => matmul(x, y, { transposeA: true, transposeB: true })).toThrow(
    `${expected} float32[3, 2] x float32[5, 4]`,
  );
  expect(() => matmul(cube, input("z", "float32", [3, 4, 5]))).toThrow(expected);
  expect(() => matmul(cube, y)).toThrow(expected);
  expect(() => matmul(x, input("z", "int32", [3, 2]))).toThrow(`${expected} float32[2, 3] x int32`);
  const line = input("line", "float32", [3]);
  expect(() => matmul(line, line)).toThrow(expected);
  expect(() => matmul(x, x, { batchSecondA: true })).toThrow(
    "matmul with batchSecondA: expected 3 axes, got float32[2, 3]",
  );
  expect(() => linear(x, y)).toThrow(
    "linear: expected x [rows, in] and weight [out, in] of one type, got float32[2, 3] and float32[4, 5]",
  );
  expect(() => linear(cube, y)).toThrow("linear: expected 2 axes, got float32[2, 3, 4]");
  expect(() => outerSum(x, y)).toThrow(
    "outerSum: expected x [rows, m], y [rows, n] and a sum [m, n] of one type, got float32[2, 3], float32[4, 5]",
  );
  expect(() => apply(products.outerSum, [x, x, x], { scale: 1 })).toThrow("outerSum: expected x");
});
