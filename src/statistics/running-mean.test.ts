import { expect, test } from "vitest";
import { RunningMean } from "./running-mean.ts";

test("the mean of values and where the sum of further ones will lie", () => {
  const running = new RunningMean();
  expect(running.mean).toBeNaN();
  expect(running.sumOfNext(3).low).toBeNaN();
  for (const value of [2, 4, 6]) running.add(value);
  expect([running.n, running.mean]).toEqual([3, 4]);
  // s = 2; t(0.975, 2) = 4.302653; of 6 more: 24 -+ 4.302653 * 2 * 6 * sqrt(1/3 + 1/6)
  const half = 4.30265273 * 2 * 6 * Math.SQRT1_2;
  const { low, high } = running.sumOfNext(6);
  expect([low, high]).toEqual([expect.closeTo(24 - half, 6), expect.closeTo(24 + half, 6)]);
  expect(running.sumOfNext(0)).toEqual({ low: 0, high: 0, level: 0.95 });
});
