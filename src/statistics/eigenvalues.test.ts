import { expect, test } from "vitest";
import { eigenvalues } from "./eigenvalues.ts";
import { Random } from "./random.ts";

test("of known matrices", () => {
  expect(eigenvalues([[5]])).toEqual([5]);
  const [low, high] = eigenvalues([
    [2, 1],
    [1, 2],
  ]);
  expect([low, high].map((value) => Math.round(value! * 1e12) / 1e12)).toEqual([1, 3]);
  // second differences of 6 points: 2 - 2 cos(k pi / 7)
  const chain = Array.from({ length: 6 }, (_, i) =>
    Array.from({ length: 6 }, (_, j) => [2, -1][Math.abs(i - j)] ?? 0),
  );
  eigenvalues(chain).forEach((value, k) => {
    expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / 7), 12);
  });
});

test("their sum is the trace, and a product with a transpose has none below zero", () => {
  const random = new Random(3);
  const wide = Array.from({ length: 4 }, () => Array.from({ length: 7 }, () => random.normal()));
  const gram = wide.map((a) => wide.map((b) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)));
  const values = eigenvalues(gram);
  const trace = gram.reduce((sum, row, i) => sum + row[i]!, 0);
  expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(trace, 10);
  expect(values[0]!).toBeGreaterThan(0);
});
