import { expect, test } from "vitest";
import { mcnemarPower } from "../../statistics/mcnemar-power.ts";
import { Random } from "../../statistics/random.ts";
import { pairedSamplesToDetect, samplesToDetect } from "./samples-to-detect.ts";

/** Pairs of right and wrong answers. */
function pairs(both: number, onlyFirst: number, onlySecond: number, none: number) {
  return [
    ...Array.from({ length: both }, () => [1, 1] as const),
    ...Array.from({ length: onlyFirst }, () => [1, 0] as const),
    ...Array.from({ length: onlySecond }, () => [0, 1] as const),
    ...Array.from({ length: none }, () => [0, 0] as const),
  ];
}

test("the samples that are named give McNemar's test the power that is promised", () => {
  const size = pairedSamplesToDetect(pairs(50, 10, 10, 30), 0.05)!;
  const { midP } = mcnemarPower({ onlyFirst: 0.075, onlySecond: 0.125 }, size);
  expect(midP).toBeGreaterThan(0.78);
  expect(midP).toBeLessThan(0.83);
});

test("fewer flips need fewer samples, and a difference has at least its own", () => {
  const many = pairedSamplesToDetect(pairs(50, 20, 20, 10), 0.05)!;
  const few = pairedSamplesToDetect(pairs(50, 4, 4, 42), 0.05)!;
  expect(few).toBeLessThan(many);
  expect(pairedSamplesToDetect(pairs(99, 1, 0, 0), 0.05)).toBeGreaterThan(100);
  expect(pairedSamplesToDetect(pairs(5, 0, 0, 5), 0.05)).toBeUndefined();
});

test("two proportions of half: Cohen's table", () => {
  // Cohen 1988, table 6.4.1: h 0.20, power .80, two-sided .05: 392 of each
  const second = Math.sin(Math.asin(Math.sqrt(0.5)) - 0.1) ** 2;
  expect(samplesToDetect([0, 1], 0.5 - second)).toBe(393);
});

test("more than a share can differ by is refused", () => {
  expect(samplesToDetect([1, 1, 0, 0], 0.5)).toBeGreaterThan(2);
  expect(() => samplesToDetect([1, 1, 0, 0], 0.6)).toThrow("above 0 and at most 0.5, got 0.6");
  expect(() => pairedSamplesToDetect(pairs(1, 1, 1, 1), 1.5)).toThrow("at most 1, got 1.5");
});

test("other scores: a t test's size", () => {
  const random = new Random(1);
  const values = Array.from({ length: 2000 }, () => random.normal());
  // (1.960 + 0.842)^2 = 7.849 of deviation 1 and difference 0.5, twice for two runs
  expect(samplesToDetect(values, 0.5)).toBeGreaterThan(59);
  expect(samplesToDetect(values, 0.5)).toBeLessThan(67);
  const paired = values.map((value, i) => [0, value + (i % 2 === 0 ? 0 : 1e-9)] as const);
  expect(pairedSamplesToDetect(paired, 0.5)).toBeLessThan(34);
  expect(() => samplesToDetect(values, 0)).toThrow(/above 0/);
  expect(samplesToDetect([1], 0.1)).toBeUndefined();
});
