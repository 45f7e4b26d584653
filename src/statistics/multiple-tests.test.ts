import { describe, expect, test } from "vitest";
import { type Correction, correctTests } from "./multiple-tests.ts";
import { Random } from "./random.ts";

const corrections: readonly Correction[] = [
  ...(["bonferroni", "holm", "hochberg"] as const),
  ...(["benjamini-hochberg", "benjamini-yekutieli"] as const),
];

function rejections(pValues: readonly number[], correction: Correction): number {
  return correctTests(pValues, { correction }).isRejected.filter(Boolean).length;
}

describe.each(corrections)("%s", (correction) => {
  test("keeps the order of the p-values, never lowers one, and decides by the adjusted one", () => {
    const random = new Random(3);
    const pValues = Array.from({ length: 12 }, () => random.uniform() ** 3);
    const { adjusted, isRejected } = correctTests(pValues, { correction });
    adjusted.forEach((one, i) => {
      expect(one).toBeGreaterThanOrEqual(pValues[i]!);
      expect(one).toBeLessThanOrEqual(1);
      expect(isRejected[i]).toBe(one <= 0.05);
      adjusted.forEach((other, j) => {
        if (pValues[i]! <= pValues[j]!) expect(one).toBeLessThanOrEqual(other);
      });
    });
    const turned = correctTests(pValues.toReversed(), { correction });
    expect(turned.adjusted.toReversed()).toEqual(adjusted);
  });

  test("of one test changes nothing", () => {
    expect(correctTests([0.05], { correction })).toEqual({ adjusted: [0.05], isRejected: [true] });
  });
});

test("Holm rejects what Bonferroni does and more, Hochberg more, Benjamini-Hochberg most", () => {
  const pValues = [0.001, 0.012, 0.013, 0.03, 0.04, 0.6];
  const counts = ["bonferroni", "holm", "hochberg", "benjamini-hochberg"] as const;
  expect(counts.map((correction) => rejections(pValues, correction))).toEqual([1, 1, 1, 5]);
  expect(rejections([0.01, 0.013, 0.02, 0.04, 0.045], "holm")).toBe(1);
  expect(rejections([0.01, 0.013, 0.02, 0.04, 0.045], "hochberg")).toBe(5);
});

test("Holm rarely rejects any true hypothesis of many", () => {
  const random = new Random(8);
  const rounds = 4000;
  let wrong = 0;
  for (let round = 0; round < rounds; round++) {
    const pValues = Array.from({ length: 10 }, () => random.uniform());
    if (rejections(pValues, "holm") > 0) wrong++;
  }
  // For independent tests it is 1 - (1 - 0.05 / 10)^10 = 0.0489; four standard errors beyond.
  expect(Math.abs(wrong / rounds - 0.0489)).toBeLessThan(4 * Math.sqrt(0.0465 / rounds));
});

test("no p-value, one above 1, and an alpha of 0 are refused", () => {
  expect(() => correctTests([])).toThrow("correctTests: expected at least one value, got none");
  expect(() => correctTests([0.5, 1.1])).toThrow("got 1.1 at index 1");
  expect(() => correctTests([Number.NaN])).toThrow("got NaN at index 0");
  expect(() => correctTests([0.5], { alpha: 0 })).toThrow("expected alpha between 0 and 1, got 0");
});
