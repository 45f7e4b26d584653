import { expect, test } from "vitest";
import { noncentralStudentTail, noncentralStudentTails } from "./noncentral-student.ts";
import { pairedNormalSize, pairedTPower, pairedTSize } from "./paired-power.ts";
import { pairedTTest } from "./paired-t.ts";
import { Random } from "./random.ts";

test("the number of pairs, rounded up, reaches the power, and one less does not", () => {
  for (const effect of [0.1, 0.3, 0.8, 2]) {
    for (const alternative of ["two-sided", "larger"] as const) {
      const pairs = Math.ceil(pairedTSize(effect, 0.8, { alternative }));
      expect(pairedTPower(effect, pairs, { alternative })).toBeGreaterThanOrEqual(0.8);
      expect(pairedTPower(effect, pairs - 1, { alternative })).toBeLessThan(0.8);
    }
  }
});

test("without an effect the power is alpha; with one it grows; sides mirror each other", () => {
  expect(pairedTPower(0, 12, { alpha: 0.03 })).toBeCloseTo(0.03, 12);
  expect(pairedTPower(0, 12, { alpha: 0.03, alternative: "larger" })).toBeCloseTo(0.03, 12);
  expect(pairedTPower(0.4, 30)).toBeGreaterThan(pairedTPower(0.4, 20));
  expect(pairedTPower(-0.4, 20)).toBeCloseTo(pairedTPower(0.4, 20), 13);
  expect(pairedTPower(-0.4, 20, { alternative: "smaller" })).toBeCloseTo(
    pairedTPower(0.4, 20, { alternative: "larger" }),
    13,
  );
  // Thresholds below 0: alpha above one half.
  expect(pairedTPower(0, 9, { alpha: 0.7, alternative: "larger" })).toBeCloseTo(0.7, 12);
  expect(pairedTPower(60, 400)).toBeCloseTo(1, 12);
});

test("it is the share of simulated sets of differences that the test rejects", () => {
  const random = new Random(6);
  const rounds = 3000;
  let rejected = 0;
  for (let round = 0; round < rounds; round++) {
    const first = Array.from({ length: 7 }, () => 0.9 + random.normal());
    const none = first.map(() => 0);
    if (pairedTTest(first, none).pValue <= 0.05) rejected++;
  }
  const power = pairedTPower(0.9, 7);
  const error = 4 * Math.sqrt((power * (1 - power)) / rounds);
  expect(Math.abs(rejected / rounds - power)).toBeLessThan(error);
});

test("noncentral t: both tails, shifts as large as 1,000, and one degree of freedom", () => {
  // With one degree of freedom and no shift, P(T > 1) = 1/4.
  expect(noncentralStudentTail(1, 1, 0)).toBeCloseTo(0.25, 14);
  const [above, below] = [noncentralStudentTail(2, 5, 0.7), noncentralStudentTail(2, 5, -0.7)];
  expect(noncentralStudentTails(2, 5, 0.7)).toBeCloseTo(above + below, 13);
  // For many degrees of freedom it is P(Z > t - shift) up to a term of order t² / df.
  expect(noncentralStudentTail(1000, 1e10, 1000)).toBeCloseTo(0.5, 4);
});

test("by normal quantiles: correlation saves questions, and settings are checked", () => {
  const spread = { first: 0.2, second: 0.2, correlation: 0.5 };
  const size = pairedNormalSize(spread, 0.05);
  // (1.959964 + 0.841621)² * 0.2 / 0.0025.
  expect(size).toBeCloseTo(7.848879 * 80, 2);
  expect(pairedNormalSize({ ...spread, correlation: 0.9 }, 0.05)).toBeCloseTo(size / 5, 8);
  expect(() => pairedNormalSize({ ...spread, correlation: 1.1 }, 0.05)).toThrow(
    /got 0.2, 0.2 and 1.1/,
  );
  expect(() => pairedNormalSize(spread, 0)).toThrow(/pairedNormalSize: expected an effect/);
  expect(() => pairedTSize(-0.2, 0.8, { alternative: "larger" })).toThrow(/no sample/);
  expect(() => pairedTPower(0.2, 1)).toThrow("expected pairs - 1 above 0, got 0");
  expect(() => pairedTPower(0.2, 9, { alpha: 1 })).toThrow("expected alpha between 0 and 1, got 1");
});
