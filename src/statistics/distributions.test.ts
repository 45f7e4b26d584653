import { expect, test } from "vitest";
import {
  betaCdf,
  betaQuantile,
  normalCdf,
  normalDensity,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from "./distributions.ts";

test("normal quantiles are the tabulated ones, in both tails", () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13);
  expect(normalQuantile(0.9)).toBeCloseTo(1.2815515655446004, 13);
  expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 11);
  expect(normalQuantile(0.5)).toBe(0);
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
});

test("the normal distribution function keeps relative precision far out", () => {
  expect(normalCdf(-1.7)).toBeCloseTo(0.044565462758543006, 15);
  expect(normalCdf(1)).toBeCloseTo(0.8413447460685429, 15);
  expect(normalCdf(-10) / 7.619853024160527e-24).toBeCloseTo(1, 12);
  expect(normalDensity(0)).toBeCloseTo(0.3989422804014327, 15);
});

test("Student quantiles are the tabulated ones", () => {
  expect(studentQuantile(0.975, 1)).toBeCloseTo(12.706204736432095, 9);
  expect(studentQuantile(0.975, 4)).toBeCloseTo(2.7764451051977987, 12);
  expect(studentQuantile(0.05, 29)).toBeCloseTo(-1.6991270265334972, 12);
  expect(studentQuantile(0.5, 3)).toBe(0);
  expect(studentCdf(2.7764451051977987, 4)).toBeCloseTo(0.975, 13);
  expect(studentCdf(-1, 1)).toBeCloseTo(0.25, 14);
});

test("quantiles keep their digits for a million degrees of freedom and far out in the tails", () => {
  // t = z + (z³ + z) / (4 df) + …
  const z = 1.959963984540054;
  expect(studentQuantile(0.975, 1e9)).toBeCloseTo(z + (z ** 3 + z) / 4e9, 13);
  expect(studentCdf(-1e-3, 1e6)).toBeCloseTo(normalCdf(-1e-3), 9);
  expect(studentCdf(-5, 1e9) / normalCdf(-5)).toBeCloseTo(1, 6);
  expect(normalCdf(normalQuantile(1e-300)) / 1e-300).toBeCloseTo(1, 10);
  expect(normalCdf(-Infinity)).toBe(0);
  expect(studentCdf(Infinity, 3)).toBe(1);
});

test("beta functions of large parameters", () => {
  // Half of the mass is below one half, and I_x(a, 1) = x^a.
  expect(betaCdf(0.5, 1e7, 1e7)).toBeCloseTo(0.5, 12);
  expect(betaCdf(1 - 1e-6, 1e6, 1)).toBeCloseTo(Math.exp(1e6 * Math.log1p(-1e-6)), 10);
});

test("beta functions: closed forms, ends, inverse", () => {
  expect(betaCdf(0.3, 1, 1)).toBeCloseTo(0.3, 14);
  expect(betaCdf(0.5, 2, 3)).toBeCloseTo(0.6875, 14);
  expect(betaCdf(-1, 2, 3)).toBe(0);
  expect(betaCdf(2, 2, 3)).toBe(1);
  expect(betaCdf(betaQuantile(0.2, 31, 7), 31, 7)).toBeCloseTo(0.2, 13);
  expect(betaQuantile(0, 2, 2)).toBe(0);
  expect(betaQuantile(1, 2, 2)).toBe(1);
});
