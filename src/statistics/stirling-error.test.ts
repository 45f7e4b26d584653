import { expect, test } from "vitest";
import { logBetaPower, logPoisson, stirlingError } from "./stirling-error.ts";

/** ln gamma(x) by Stirling's approximation and its error. */
function logGamma(x: number): number {
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + stirlingError(x);
}

test("with its error, Stirling's approximation gives factorials and gamma of one half", () => {
  expect(logGamma(1)).toBeCloseTo(0, 14);
  expect(logGamma(11)).toBeCloseTo(Math.log(3628800), 13);
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 14);
  expect(logGamma(0.25)).toBeCloseTo(1.2880225246980774, 13);
  expect(stirlingError(1e6) * 12e6).toBeCloseTo(1, 12);
});

test("powers over beta functions: closed forms, symmetry, and large parameters", () => {
  // B(2, 3) = 1 / 12.
  expect(logBetaPower({ x: 0.3, y: 0.7 }, 2, 3)).toBeCloseTo(
    Math.log(12 * 0.3 ** 2 * 0.7 ** 3),
    14,
  );
  expect(logBetaPower({ x: 1e-30, y: 1 }, 1, 1)).toBeCloseTo(Math.log(1e-30), 12);
  const one = logBetaPower({ x: 0.2, y: 0.8 }, 3e5, 9e5);
  expect(logBetaPower({ x: 0.8, y: 0.2 }, 9e5, 3e5)).toBeCloseTo(one, 9);
  // At the mean, 1 / B(n/2, n/2) / 2^n is sqrt(n / (8 pi)) (1 - 1 / (4 n) …).
  const n = 2e12;
  const peak = logBetaPower({ x: 0.5, y: 0.5 }, n / 2, n / 2);
  expect(peak).toBeCloseTo(Math.log(n / (8 * Math.PI)) / 2, 12);
});

test("Poisson probabilities", () => {
  expect(logPoisson(0, 2.5)).toBe(-2.5);
  expect(logPoisson(3, 2)).toBeCloseTo(Math.log(8 / 6) - 2, 14);
  expect(logPoisson(1, 1e-40)).toBeCloseTo(Math.log(1e-40), 12);
  let total = 0;
  for (let s = 0; s < 400; s++) total += Math.exp(logPoisson(s, 100));
  expect(total).toBeCloseTo(1, 13);
});
