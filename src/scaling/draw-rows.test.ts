import { expect, test } from "vitest";
import { Random } from "../statistics/random.ts";
import { bootstrapForm } from "./bootstrap-form.ts";
import { drawRows } from "./draw-rows.ts";
import { fitForm } from "./fit-form.ts";
import type { LawRow } from "./laws/law-form.ts";
import { powerForm } from "./laws/power.ts";

/** Runs whose checkpoints share one deviation of the loss. */
function clustered(runs: number, checkpoints: number, seed: number): LawRow[] {
  const random = new Random(seed);
  return Array.from({ length: runs }, (_, run) => {
    const shift = Math.exp(0.01 * random.normal());
    return Array.from({ length: checkpoints }, (_unused, i) => {
      const c = 10 ** (17 + (3 * run) / runs + 0.02 * i);
      const loss = (1.7 + 1.4e3 * c ** -0.17) * shift;
      return { n: Number.NaN, d: Number.NaN, c, loss, cluster: `run ${run}` };
    });
  }).flat();
}

test("clusters are drawn whole, rows without one by themselves", () => {
  const rows = clustered(6, 4, 1);
  const drawn = drawRows(rows, new Random(2));
  expect(drawn).toHaveLength(24);
  for (const { cluster } of drawn) {
    expect(drawn.filter((row) => row.cluster === cluster).length % 4).toBe(0);
  }
  const single = rows.map(({ cluster: _, ...row }) => row);
  const alone = drawRows(single, new Random(2), 10);
  expect(new Set(alone).size).toBeGreaterThanOrEqual(10);
  expect(drawRows(rows.slice(0, 4), new Random(2), 4)).toHaveLength(4);
});

test("intervals of rows that hang together are wider than those that forget it", () => {
  const options = { deviation: { kind: "least-squares" }, draws: 80, level: 0.9, seed: 1 } as const;
  let wider = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const rows = clustered(12, 6, seed);
    const fit = fitForm(powerForm, rows, options);
    const width = (used: readonly LawRow[]) => {
      const { low, high } = bootstrapForm(powerForm, used, fit, options)["alpha"]!;
      return Math.log(high / low);
    };
    if (width(rows) > 1.3 * width(rows.map(({ cluster: _, ...row }) => row))) wider++;
  }
  expect(wider).toBeGreaterThanOrEqual(5);
});
