import { expect, test } from "vitest";
import { bisect, bisectUpwards } from "./bisect.ts";

test("bisection ends at the last bit, at tiny and at large places", () => {
  expect(bisect((x) => x * x < 2, [0, 2])).toBeCloseTo(Math.SQRT2, 15);
  expect(bisect((x) => x < 1e-290, [0, 1]) / 1e-290).toBeCloseTo(1, 14);
  expect(bisectUpwards((x) => Math.sqrt(x) < 1e100, 0) / 1e200).toBeCloseTo(1, 14);
  expect(bisectUpwards((x) => x < 0.25, 0)).toBeCloseTo(0.25, 15);
});

test("a condition that always holds has no end, one that never holds ends at the start", () => {
  expect(bisectUpwards(() => true, 0)).toBe(Infinity);
  expect(bisect(() => false, [3, 4])).toBe(3);
});
