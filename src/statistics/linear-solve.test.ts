import { expect, test } from "vitest";
import { nonNegativeLeastSquares, solve } from "./linear-solve.ts";
import { Random } from "./random.ts";

test("a linear system is solved, a singular one refused", () => {
  const solved = solve(
    [
      [0, 2, 1],
      [1, -1, 0],
      [3, 0, 4],
    ],
    [5, -1, 15],
  )!;
  const product = [
    2 * solved[1]! + solved[2]!,
    solved[0]! - solved[1]!,
    3 * solved[0]! + 4 * solved[2]!,
  ];
  product.forEach((value, i) => {
    expect(value).toBeCloseTo([5, -1, 15][i]!, 12);
  });
  expect(
    solve(
      [
        [1, 2],
        [2, 4],
      ],
      [1, 2],
    ),
  ).toBeUndefined();
});

test("non-negative least squares meets the conditions of its optimum", () => {
  const random = new Random(1);
  let bound = 0;
  for (let trial = 0; trial < 200; trial++) {
    const rows = Array.from({ length: 8 }, () => Array.from({ length: 3 }, () => random.normal()));
    const right = rows.map(() => random.normal());
    const gram = [0, 1, 2].map((i) =>
      [0, 1, 2].map((j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    );
    const target = [0, 1, 2].map((i) =>
      rows.reduce((sum, row, at) => sum + row[i]! * right[at]!, 0),
    );
    const x = nonNegativeLeastSquares(gram, target);
    x.forEach((value, i) => {
      const slope = gram[i]!.reduce((sum, entry, j) => sum + entry * x[j]!, 0) - target[i]!;
      expect(value).toBeGreaterThanOrEqual(0);
      if (value > 0) expect(Math.abs(slope)).toBeLessThan(1e-9);
      else expect(slope).toBeGreaterThan(-1e-9); // to raise it would not lower the error
      if (value === 0) bound++;
    });
  }
  expect(bound).toBeGreaterThan(50);
});
