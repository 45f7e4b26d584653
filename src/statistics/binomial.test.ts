import { expect, test } from "vitest";
import { binomialCdf, binomialLogProbability, binomialProbability } from "./binomial.ts";

test("probabilities of ten throws of a coin", () => {
  const counts = [1, 10, 45, 120, 210, 252, 210, 120, 45, 10, 1];
  let below = 0;
  for (const [k, count] of counts.entries()) {
    below += count;
    expect(binomialProbability(k, 10, 0.5) * 1024).toBeCloseTo(count, 10);
    expect(binomialCdf(k, 10, 0.5)).toBeCloseTo(below / 1024, 14);
  }
});

test("ends, certain rates, and counts that cannot come", () => {
  expect(binomialProbability(0, 0, 0.3)).toBe(1);
  expect(binomialProbability(0, 5, 0)).toBe(1);
  expect(binomialProbability(2, 5, 0)).toBe(0);
  expect(binomialProbability(5, 5, 1)).toBe(1);
  expect(binomialProbability(2, 5, 1)).toBe(0);
  expect(binomialLogProbability(6, 5, 0.5)).toBe(-Infinity);
  expect(binomialLogProbability(-1, 5, 0.5)).toBe(-Infinity);
  expect(binomialCdf(-1, 5, 0.5)).toBe(0);
  expect(binomialCdf(5, 5, 0.5)).toBe(1);
});

test("a million trials keep their digits", () => {
  // The middle of 2 m throws has probability (1 - 1 / (8 m) + …) / sqrt(pi m).
  const m = 1e6;
  const middle = (1 - 1 / (8 * m) + 1 / (128 * m * m)) / Math.sqrt(Math.PI * m);
  expect(binomialProbability(m, 2 * m, 0.5) / middle).toBeCloseTo(1, 13);
  expect(binomialCdf(m, 2 * m, 0.5)).toBeCloseTo(0.5 + middle / 2, 12);
});
