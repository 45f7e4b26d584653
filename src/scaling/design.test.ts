import { expect, test } from "vitest";
import { Random } from "../statistics/random.ts";
import { chooseLadder, type RungOption } from "./design.ts";
import { fitLossLaw } from "./fit.ts";
import { lossAt } from "./loss-law.ts";
import type { ScalingRefusal } from "./refusal.ts";

const law = { a: 36, b: -0.082, c: 1.3 };
const assumptions = { law, noise: 0.004, drift: 0.003 };
const options: RungOption[] = [1, 2, 3, 4, 5, 6, 7, 8].map((depth) => {
  return { depth, flops: 5e10 * 3.2 ** (depth - 1) };
});
const targetFlops = 1e15;

test("a ladder stays in its budget, spans a decade and has four sizes", () => {
  for (const share of [0.005, 0.02, 0.1]) {
    const budget = share * targetFlops;
    const { rungs, flops } = chooseLadder(options, { targetFlops, budget }, assumptions);
    expect(flops).toBeLessThanOrEqual(budget);
    expect(flops).toBeCloseTo(
      rungs.reduce((sum, { flops: one, seeds }) => sum + seeds * one, 0),
      -3,
    );
    expect(rungs.length).toBeGreaterThanOrEqual(4);
    expect(rungs.at(-1)!.flops / rungs[0]!.flops).toBeGreaterThan(10);
  }
});

test("more budget never makes the forecast worse, and each run makes it better", () => {
  const deviations = [0.01, 0.03, 0.1, 0.3].map((share) => {
    const budget = share * targetFlops;
    const { path, deviation } = chooseLadder(options, { targetFlops, budget }, assumptions);
    const along = path.map((one) => one.deviation);
    expect(along).toEqual(along.toSorted((a, b) => b - a));
    return deviation;
  });
  expect(deviations).toEqual(deviations.toSorted((a, b) => b - a));
});

test("the expected deviation is that of fits to simulated ladders", () => {
  const chosen = chooseLadder(
    options,
    { targetFlops, budget: 0.1 * targetFlops },
    {
      ...assumptions,
      drift: 0,
    },
  );
  const random = new Random(5);
  const errors = Array.from({ length: 60 }, () => {
    const points = chosen.rungs.flatMap(({ flops, seeds }, rung) =>
      Array.from({ length: seeds }, (_, seed) => {
        const lossNats = lossAt(law, flops) * Math.exp(assumptions.noise * random.normal());
        return { id: `${rung}-${seed}`, flops, lossNats, seed };
      }),
    );
    const fit = fitLossLaw(points, { delta: Number.POSITIVE_INFINITY });
    return Math.log(lossAt(fit.law, targetFlops) / lossAt(law, targetFlops));
  });
  const scatter = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
  const expected = Math.sqrt(chosen.deviation ** 2 - assumptions.noise ** 2);
  expect(scatter / expected).toBeGreaterThan(0.6);
  expect(scatter / expected).toBeLessThan(1.6);
});

test("a budget that buys too little is refused", () => {
  const work = () => chooseLadder(options, { targetFlops, budget: 1e11 }, assumptions);
  try {
    work();
    expect.unreachable("it was not refused");
  } catch (error) {
    expect((error as ScalingRefusal).reason).toBe("too-few-levels");
  }
});
