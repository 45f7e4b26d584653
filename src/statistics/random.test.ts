import { expect, test } from "vitest";
import { Random, splitMix64 } from "./random.ts";

test("splitMix64 gives the published words of seed 1234567", () => {
  const next = splitMix64(1234567n);
  expect([next(), next(), next()]).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
  ]);
});

test("xoshiro128** gives the reference words of state 1, 2, 3, 4", () => {
  const random = new Random([1, 2, 3, 4]);
  expect([random.word(), random.word(), random.word(), random.word()]).toEqual([
    11520, 0, 5927040, 70819200,
  ]);
});

test("the same seed gives the same numbers, another seed others", () => {
  const numbers = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 8 }, () => random.uniform());
  };
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).not.toEqual(numbers(8));
});

test("uniform, integer and normal have the right range and moments", () => {
  const random = new Random(11);
  const n = 20_000;
  const uniform = Array.from({ length: n }, () => random.uniform());
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...uniform)).toBeLessThan(1);
  // Five standard errors: 5 * sqrt(1/12) / sqrt(n).
  expect(Math.abs(uniform.reduce((sum, x) => sum + x, 0) / n - 0.5)).toBeLessThan(0.0103);
  const faces = new Set(Array.from({ length: 200 }, () => random.integer(6)));
  expect([...faces].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  const normal = Array.from({ length: n }, () => random.normal());
  const mean = normal.reduce((sum, x) => sum + x, 0) / n;
  const variance = normal.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
  expect(Math.abs(mean)).toBeLessThan(0.036);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
});
