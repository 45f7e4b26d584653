import { expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { computeMultiplier } from "./compute-multiplier.ts";
import { levelsOf } from "./rolling-origin.ts";
import { outlook, studyTable } from "./table-forecast.ts";
import { tableRuns } from "./table-runs.ts";

const lossAt = (c: number) => 1.7 + 1.4e3 * c ** -0.17;
const noise = 1e-3;

/** Lowest losses of computes of two recipes, the second worth a factor of compute. */
function recipes(factor: number, seed: number) {
  const random = new Random(seed);
  const run = (c: number, worth: number) => ({
    ...{ n: Number.NaN, d: Number.NaN, c },
    loss: lossAt(c * worth) * Math.exp(noise * random.normal()),
  });
  const computes = [1e18, 3e18, 1e19, 3e19, 1e20, 3e20];
  return {
    base: [...computes, ...computes].map((c) => run(c, 1)),
    changed: [1e19, 1e20, 3e20].map((c) => run(c, factor)),
  };
}

test("a recipe's worth in compute is found, with an interval that holds it", () => {
  let inside = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const { base, changed } = recipes(1.3, seed);
    const runs = tableRuns(base);
    const settings = { draws: 100, seed, origin: levelsOf(runs).length, law: "power" };
    const seen = outlook(studyTable(runs), runs, settings);
    const found = computeMultiplier(seen, changed, { level: 0.9, seed });
    expect(found.runs).toHaveLength(3);
    expect(Math.abs(found.multiplier / 1.3 - 1)).toBeLessThan(0.12);
    if (found.interval.low <= 1.3 && 1.3 <= found.interval.high) inside++;
  }
  expect(inside).toBeGreaterThanOrEqual(8);
});

test("a loss below what is irreducible is worth any compute", () => {
  const { base, changed } = recipes(1, 3);
  const runs = tableRuns(base);
  const settings = { draws: 20, seed: 1, origin: levelsOf(runs).length, law: "power" };
  const seen = outlook(studyTable(runs), runs, settings);
  const better = [{ ...changed[0]!, loss: 1 }];
  const found = computeMultiplier(seen, better, { level: 0.9, seed: 1 });
  expect(found.multiplier).toBe(Number.POSITIVE_INFINITY);
});
