import { expect, test } from "vitest";
import { SpikeWatch } from "./spike-watch.ts";

/** The first step (0-based) at which the watch stops the run, and why. */
function stopOf(losses: readonly number[]): { step: number; reason: string } | undefined {
  const watch = new SpikeWatch();
  for (const [step, loss] of losses.entries()) {
    const divergence = watch.observe(loss, 1);
    if (divergence !== undefined) return { step, reason: divergence.reason };
  }
  return undefined;
}

test("a falling loss with noise goes on", () => {
  const losses = Array.from({ length: 500 }, (_, step) => 3 + 3 / (1 + step / 50) + (step % 2));
  expect(stopOf(losses)).toBeUndefined();
});

test("a loss or a gradient norm that is no number stops at once", () => {
  expect(stopOf([3, Number.NaN])).toEqual({ step: 1, reason: "the loss became NaN" });
  expect(stopOf([Number.POSITIVE_INFINITY])?.reason).toBe("the loss became Infinity");
  expect(new SpikeWatch().observe(3, Number.NaN)?.reason).toBe("the gradient norm became NaN");
  expect(new SpikeWatch().observe(3, Number.POSITIVE_INFINITY)?.reason).toBe(
    "the gradient norm became Infinity",
  );
});

test("one bad batch goes on, a loss that stays up stops", () => {
  const good = Array<number>(50).fill(3);
  expect(stopOf([...good, 20, ...good])).toBeUndefined();
  // The mean rises by 2 (1 - 0.95^n): above 1 at n = 14.
  expect(stopOf([...good, ...Array<number>(50).fill(5)])).toEqual({
    step: 63,
    reason: "the loss rose from 3.00 to 4.02 nats (mean of 20 steps)",
  });
});

test("the rise is counted from the lowest mean, not from the start", () => {
  const falling = Array.from({ length: 400 }, (_, step) => Math.max(2, 8 - step / 20));
  expect(stopOf([...falling, ...Array<number>(100).fill(4)])?.step).toBeGreaterThan(400);
});
