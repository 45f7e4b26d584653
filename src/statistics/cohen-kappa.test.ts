import { expect, test } from "vitest";
import { cohenKappa } from "./cohen-kappa.ts";

test("the example of Fleiss: two psychiatrists and 100 patients", () => {
  // Fleiss, Levin, Paik 2003, chapter 18: kappa 0.68, its error by chance alone 0.076
  const { kappa, standardError, nullStandardError, interval, n } = cohenKappa([
    [75, 1, 4],
    [5, 4, 1],
    [0, 0, 10],
  ]);
  expect(n).toBe(100);
  expect(kappa).toBeCloseTo((0.89 - 0.66) / (1 - 0.66), 12);
  expect(nullStandardError).toBeCloseTo(0.076, 3);
  expect(interval.high - kappa).toBeCloseTo(1.959964 * standardError, 6);
});

test("two by two by hand", () => {
  // observed 35/50, by chance 0.5 * 0.6 + 0.5 * 0.4
  const table = [
    [20, 5],
    [10, 15],
  ];
  expect(cohenKappa(table).kappa).toBeCloseTo(0.4, 12);
  expect(cohenKappa(table, { weights: "quadratic" }).kappa).toBeCloseTo(0.4, 12);
});

test("perfect agreement is 1, the same word always is no number, opposite words are below 0", () => {
  const perfect = cohenKappa([
    [3, 0],
    [0, 5],
  ]);
  expect([perfect.kappa, perfect.standardError]).toEqual([1, 0]);
  expect(cohenKappa([[4]]).kappa).toBeNaN();
  const opposite = [
    [0, 2],
    [2, 0],
  ];
  expect(cohenKappa(opposite).kappa).toBe(-1);
});

test.each([[[]], [[[1, 2]]], [[[0]]], [[[-1]]]])("%j is refused", (table) => {
  expect(() => cohenKappa(table)).toThrow("expected a square table of counts");
});
