import { expect, test } from "vitest";
import { canonicalHash, canonicalJson } from "./canonical-json.ts";

test("keys are sorted at every depth, arrays keep their order, undefined is left out", () => {
  expect(canonicalJson({ b: [3, { d: 1, c: null }], a: "ä\n", A: true, x: undefined })).toBe(
    '{"A":true,"a":"ä\\n","b":[3,{"c":null,"d":1}]}',
  );
});

test("numbers as JavaScript writes them, minus zero as zero", () => {
  expect(canonicalJson([1e21, 0.1, -0, 5e-324])).toBe("[1e+21,0.1,0,5e-324]");
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 3n, () => 1])("%s is refused", (value) => {
  expect(() => canonicalJson({ value })).toThrow(/canonicalJson: expected finite numbers/);
});

test("the hash does not depend on the order of keys", () => {
  expect(canonicalHash({ a: 1, b: 2 })).toBe(canonicalHash({ b: 2, a: 1 }));
  // sha256 of {"a":1}, by sha256sum
  expect(canonicalHash({ a: 1 })).toBe(
    "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
  );
});
