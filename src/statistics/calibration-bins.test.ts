import { describe, expect, test } from "vitest";
import { calibrationBins, calibrationError, topLabels } from "./calibration-bins.ts";
import { Random } from "./random.ts";

const rules = [
  ...(["right-closed", "right-closed-steps", "left-closed", "left-closed-one-apart"] as const),
  ...(["equal-mass", "quantiles-left-closed", "quantiles-right-closed", "equal-groups"] as const),
] as const;

/** Forecasts whose events happen as often as they say, or more rarely by `less`. */
function forecasts(n: number, less = 0) {
  const random = new Random(12);
  const confidences = Array.from({ length: n }, () => 0.2 + 0.8 * random.uniform());
  return { confidences, correct: confidences.map((one) => random.uniform() < one - less) };
}

describe.each(rules)("%s", (rule) => {
  test("every forecast is in one bin, and means over bins are means over forecasts", () => {
    const { confidences, correct } = forecasts(500);
    const { bins, edges } = calibrationBins(confidences, correct, { bins: 10, rule });
    const total = (value: (bin: (typeof bins)[number]) => number) =>
      bins.reduce((sum, bin) => sum + bin.count * value(bin), 0);
    expect(total(() => 1)).toBe(500);
    expect(total(({ meanConfidence }) => meanConfidence)).toBeCloseTo(
      confidences.reduce((sum, one) => sum + one, 0),
      9,
    );
    expect(total(({ accuracy }) => accuracy)).toBeCloseTo(correct.filter(Boolean).length, 9);
    expect([...edges].sort((x, y) => x - y)).toEqual(edges);
    expect(new Set(bins.map(({ index }) => index)).size).toBe(bins.length);
  });

  test("the errors are ordered, small for honest forecasts and 0.15 for ones that boast by that", () => {
    const found = (less: number) => {
      const { confidences, correct } = forecasts(20_000, less);
      return calibrationError(calibrationBins(confidences, correct, { bins: 10, rule }));
    };
    const honest = found(0);
    expect(honest.expected).toBeLessThan(0.015);
    expect(honest.rootMeanSquare).toBeGreaterThanOrEqual(honest.expected);
    expect(honest.maximum).toBeGreaterThanOrEqual(honest.rootMeanSquare);
    expect(Math.abs(found(0.15).expected - 0.15)).toBeLessThan(0.01);
  });
});

test("edges belong to the bin below or above, and 1 may have a bin of its own", () => {
  const place = (confidence: number, rule: (typeof rules)[number]) =>
    calibrationBins([confidence], [1], { bins: 5, rule }).bins[0]!.index;
  expect(place(0.2, "right-closed")).toBe(0);
  expect(place(0.2, "left-closed")).toBe(1);
  expect(place(0, "right-closed")).toBe(0);
  expect(place(1, "left-closed")).toBe(4);
  expect(place(1, "left-closed-one-apart")).toBe(5);
  // 3 / 5 and 3 * (1 / 5) differ in the last bit.
  expect(place(0.6000000000000001, "right-closed")).toBe(3);
  expect(place(0.6000000000000001, "right-closed-steps")).toBe(2);
});

test("equal confidences share a bin of equal mass, but groups of equal size part them", () => {
  const confidences = [0.5, 0.5, 0.5, 0.5, 0.9, 0.9];
  const correct = [1, 1, 0, 0, 1, 1];
  const counts = (rule: "equal-mass" | "equal-groups") =>
    calibrationBins(confidences, correct, { bins: 3, rule }).bins.map(({ count }) => count);
  expect(counts("equal-mass")).toEqual([4, 2]);
  expect(counts("equal-groups")).toEqual([2, 2, 2]);
});

test("the likeliest class is the first one of equals", () => {
  const { confidences, correct } = topLabels(
    [
      [0.4, 0.4, 0.2],
      [0.1, 0.2, 0.7],
    ],
    [1, 2],
  );
  expect(confidences).toEqual([0.4, 0.7]);
  expect(correct).toEqual([false, true]);
});

test("lists that do not fit, confidences outside [0, 1], and no bin are refused", () => {
  expect(() => calibrationBins([], [])).toThrow("expected at least one value, got none");
  expect(() => calibrationBins([0.5], [1, 0])).toThrow("of one length, got 1 and 2 values");
  expect(() => calibrationBins([1.5], [1])).toThrow("in [0, 1], got 1.5 at index 0");
  expect(() => calibrationBins([0.5], [2])).toThrow("expected 0 or 1, got 2");
  expect(() => calibrationBins([0.5], [1], { bins: 0 })).toThrow("bins above 0, got 0");
  expect(() => topLabels([[0.5, 0.5]], [2])).toThrow("a label from 0 to 1 of row 0, got 2");
  expect(() => topLabels([[0.5, 0.5], [1]], [0, 0])).toThrow("expected 2 numbers in row 1, got 1");
});
