import { expect, test } from "vitest";
import { meanEstimate } from "./intervals.ts";
import { pairedTTest } from "./paired-t.ts";
import { Random } from "./random.ts";

const first = [0.4, 0.9, 0.7, 0.2, 0.8, 0.5];
const second = [0.3, 0.6, 0.8, 0.1, 0.4, 0.5];

test("it is the test of the mean of the differences", () => {
  const { interval, meanDifference, df } = pairedTTest(first, second);
  const estimate = meanEstimate(first.map((score, index) => score - second[index]!));
  expect(df).toBe(5);
  expect(meanDifference).toBe(estimate.mean);
  expect(interval.low).toBeCloseTo(estimate.interval.low, 14);
  expect(interval.high).toBeCloseTo(estimate.interval.high, 14);
});

test("the interval ends at 0 where the p-value is 1 less its level", () => {
  const { pValue } = pairedTTest(first, second);
  expect(pairedTTest(first, second, { level: 1 - pValue }).interval.low).toBeCloseTo(0, 12);
  const larger = pairedTTest(first, second, { alternative: "larger" });
  const smaller = pairedTTest(first, second, { alternative: "smaller" });
  expect(larger.pValue + smaller.pValue).toBeCloseTo(1, 14);
  expect(larger.interval.high).toBe(Infinity);
  expect(smaller.interval.low).toBe(-Infinity);
  const turned = pairedTTest(second, first);
  expect(turned.t).toBeCloseTo(-pairedTTest(first, second).t, 14);
});

test("differences that do not vary, and scores that cannot be compared", () => {
  expect(pairedTTest([1, 2], [0, 1])).toMatchObject({ t: Infinity, pValue: 0 });
  expect(pairedTTest([1, 2], [1, 2]).pValue).toBeNaN();
  expect(() => pairedTTest([1, 2], [1])).toThrow("of one length, got 2 and 1 values");
  expect(() => pairedTTest([1], [1])).toThrow("expected at least 2 values, got 1");
  expect(() => pairedTTest([1, Number.NaN], [1, 2])).toThrow("got NaN at index 1");
});

test("equal models are rejected as often as the level says", () => {
  const random = new Random(2);
  const rounds = 2000;
  let rejected = 0;
  for (let round = 0; round < rounds; round++) {
    const [x, y] = [0, 1].map(() => Array.from({ length: 8 }, () => random.normal()));
    if (pairedTTest(x!, y!).pValue <= 0.1) rejected++;
  }
  // Four standard errors of 2,000 rounds.
  expect(Math.abs(rejected / rounds - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / rounds));
});
