import { expect, test } from "vitest";
import { learningRateAt } from "./schedule.ts";

function rates(steps: number, warmupSteps: number, decaySteps: number): number[] {
  const schedule = { steps, warmupSteps, decaySteps, learningRate: 1 };
  return Array.from({ length: steps }, (_, index) => learningRateAt(index + 1, schedule));
}

test("the rate rises to the peak, stays there, and falls to one notch above zero", () => {
  expect(rates(10, 4, 3)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 0.75, 0.5, 0.25]);
});

test("the rate scales with the peak", () => {
  const schedule = { steps: 10, warmupSteps: 4, decaySteps: 3, learningRate: 0.02 };
  expect(learningRateAt(1, schedule)).toBe(0.005);
  expect(learningRateAt(10, schedule)).toBe(0.005);
});

test("a warm-up of 0 or 1 step begins at the peak", () => {
  expect(rates(3, 0, 0)).toEqual([1, 1, 1]);
  expect(rates(3, 1, 0)).toEqual([1, 1, 1]);
});

test("without decay the last step has the peak", () => {
  expect(rates(4, 2, 0)).toEqual([0.5, 1, 1, 1]);
});

test("a run of one step learns", () => {
  expect(rates(1, 1, 0)).toEqual([1]);
  expect(rates(1, 0, 1)).toEqual([0.5]);
});

test("where rise and fall overlap the lower of the two holds", () => {
  expect(rates(4, 4, 3)).toEqual([0.25, 0.5, 0.5, 0.25]);
});
