import { expect, test } from "vitest";
import { sum } from "./sum.ts";

test("small numbers are not lost beside large ones", () => {
  expect(sum([1, 1e100, 1, -1e100])).toBe(2);
  expect(sum(Array.from({ length: 1000 }, () => 0.1))).toBe(100);
  expect(sum([])).toBe(0);
  expect(sum([Infinity, 1])).toBe(Infinity);
  expect(sum([Infinity, -Infinity])).toBeNaN();
});
