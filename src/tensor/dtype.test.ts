import { expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import {
  allocateArray,
  arrayOver,
  castArray,
  checkShape,
  type DType,
  dtypes,
  elementCount,
  float16Bits,
  float16Value,
  isArrayOf,
} from "./dtype.ts";

test("sizes agree with the host arrays", () => {
  for (const [name, { bytes }] of Object.entries(dtypes)) {
    const array = allocateArray(name as DType, 3);
    expect(array.byteLength, name).toBe(3 * bytes);
    expect(isArrayOf(name as DType, array)).toBe(true);
  }
  expect(isArrayOf("float32", new Int32Array(1))).toBe(false);
});

test("elementCount multiplies sizes", () => {
  expect(elementCount([2, 3, 4])).toBe(24);
  expect(elementCount([])).toBe(1);
  expect(elementCount([5, 0])).toBe(0);
});

test("arrayOver shares memory", () => {
  const memory = new ArrayBuffer(16);
  const view = arrayOver("int32", memory, { byteOffset: 4, length: 2 });
  view[0] = 7;
  expect(new Int32Array(memory)[1]).toBe(7);
});

test("castArray converts", () => {
  expect(castArray("float32", [1.5, -2])).toEqual(Float32Array.of(1.5, -2));
  expect(castArray("int64", [1.9, -1.9])).toEqual(BigInt64Array.of(1n, -1n));
  expect(castArray("bool", [0, 3, -1])).toEqual(Uint8Array.of(0, 1, 1));
  expect(castArray("float16", [1])).toEqual(Uint16Array.of(0x3c00));
});

test("checkShape refuses what is no size", () => {
  expect(() => checkShape("here", [2, 0])).not.toThrow();
  expect(() => checkShape("here", [2, -1])).toThrow(
    new ShapeError("here: expected a shape of non-negative integers, got [2, -1]"),
  );
});

test.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff], // the largest
  [65519.99, 0x7bff],
  [65520, 0x7c00], // rounds to infinity
  [Number.POSITIVE_INFINITY, 0x7c00],
  [2 ** -14, 0x0400], // the smallest normal
  [2 ** -24, 0x0001], // the smallest subnormal
  [2 ** -25, 0x0000], // a tie goes to even
  [2 ** -25 * 1.001, 0x0001],
  [3 * 2 ** -25, 0x0002], // a tie goes to even
  [1 + 2 ** -11, 0x3c00], // a tie goes to even
  [1 + 3 * 2 ** -11, 0x3c02], // a tie goes to even
  [2 ** -14 - 2 ** -26, 0x0400], // a subnormal that rounds up to a normal
  [2048 - 0.4, 0x6800],
])("float16Bits(%d)", (value, bits) => {
  expect(float16Bits(value)).toBe(bits);
});

test("every half-precision number survives the round trip", () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = float16Value(bits);
    if (Number.isNaN(value)) expect(Number.isNaN(float16Value(float16Bits(value)))).toBe(true);
    else if (float16Bits(value) !== bits) expect.fail(`${bits} came back as ${float16Bits(value)}`);
  }
});
