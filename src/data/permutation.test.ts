import { expect, test } from "vitest";
import { permute } from "./permutation.ts";

test.each([1, 2, 3, 64, 65, 1000])("every place of %i is taken once", (size) => {
  const places = Array.from({ length: size }, (_, i) => permute(i, size, 7));
  expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
});

test("another key gives another permutation, the same key the same", () => {
  const of = (key: number) => Array.from({ length: 100 }, (_, i) => permute(i, 100, key));
  expect(of(1)).toEqual(of(1));
  expect(of(1)).not.toEqual(of(2));
});

test("a random permutation leaves about one place fixed", () => {
  let fixed = 0;
  for (let key = 0; key < 50; key++) {
    for (let i = 0; i < 200; i++) if (permute(i, 200, key) === i) fixed++;
  }
  // Poisson with mean 1 per permutation: 50 +- 7, so this is a 4-sigma interval.
  expect(fixed).toBeGreaterThan(22);
  expect(fixed).toBeLessThan(78);
});

test("sizes above 2^32 work", () => {
  const size = 2 ** 33 + 5;
  const place = permute(2 ** 33, size, 3);
  expect(place).toBeGreaterThanOrEqual(0);
  expect(place).toBeLessThan(size);
});
