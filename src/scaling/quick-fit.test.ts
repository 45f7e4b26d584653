import { expect, test } from "vitest";
import { type LossLaw, lossAt } from "./loss-law.ts";
import { quickFit } from "./quick-fit.ts";

const ladder = (law: LossLaw) =>
  [1e10, 4e10, 1.6e11, 6.4e11, 2.5e12].map((flops) => ({ flops, lossNats: lossAt(law, flops) }));
const ones = [1, 1, 1, 1, 1];

test.each<LossLaw>([
  { a: 60, b: -0.12, c: 1.2 },
  { a: 2e3, b: -0.3, c: 2.4 },
])("recovers %o", (law) => {
  const got = quickFit(ladder(law), "free", ones);
  // Golden section leaves about 1e-4 of the exponent.
  expect(got.b / law.b).toBeCloseTo(1, 3);
  expect(got.c / law.c).toBeCloseTo(1, 2);
});

test("c stays at zero where a free one would be negative, and where it is held there", () => {
  const steepening = ladder({ a: 60, b: -0.1, c: 0 }).map((level, index) => ({
    ...level,
    lossNats: level.lossNats * (1 - 0.002 * index ** 2),
  }));
  expect(quickFit(steepening, "free", ones).c).toBe(0);
  const line = quickFit(ladder({ a: 60, b: -0.1, c: 0 }), "zero", ones);
  expect(line.c).toBe(0);
  expect(line.b).toBeCloseTo(-0.1, 10);
});

test("a level of weight zero does not count", () => {
  const law = { a: 60, b: -0.12, c: 1.2 };
  const wild = ladder(law).map((level, index) => (index === 2 ? { ...level, lossNats: 9 } : level));
  expect(quickFit(wild, "free", [1, 1, 0, 1, 1]).b / law.b).toBeCloseTo(1, 3);
});
