import { expect, test } from "vitest";
import { constant, describe, expectRank, input, resolveAxis, scalar } from "./tensor.ts";

test("a constant is cast to its type and keeps a host array as it is", () => {
  const values = Float32Array.of(1, 2);
  expect(constant(values, [2]).node.attributes["values"]).toBe(values);
  expect(constant([1.9, -1.9], [2], "int64").node.attributes["values"]).toEqual(
    BigInt64Array.of(1n, -1n),
  );
  expect(scalar(3, "bool").node.attributes["values"]).toEqual(Uint8Array.of(1));
  expect(scalar(3)).toMatchObject({ dtype: "float32", shape: [] });
});

test("a constant with the wrong number of values is refused", () => {
  expect(() => constant([1, 2, 3], [2, 2])).toThrow("constant: expected 4 values for [2,2], got 3");
  expect(constant([], [0, 5]).shape).toEqual([0, 5]);
});

test("a tensor is described by type and shape", () => {
  expect(describe(input("x", "int32", [2, 3]))).toBe("int32[2, 3]");
  expect(describe(scalar(1))).toBe("float32[]");
});

test("an axis counts from the front, or from the end when negative", () => {
  expect([0, 2, -1, -3].map((axis) => resolveAxis("op", axis, 3))).toEqual([0, 2, 2, 0]);
  for (const axis of [3, -4, 1.5, Number.NaN]) {
    expect(() => resolveAxis("op", axis, 3)).toThrow(
      `op: expected an axis between -3 and 2, got ${axis}`,
    );
  }
});

test("a tensor of another rank is refused by name", () => {
  expect(() => expectRank("op", scalar(1), 2)).toThrow("op: expected 2 axes, got float32[]");
});

test("nodes are numbered in the order of their creation", () => {
  const [first, second] = [scalar(1), scalar(1)];
  expect(second.node.id).toBeGreaterThan(first.node.id);
});
