import { expect, test } from "vitest";
import { sharedPath, sharedText, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { readRows } from "../run-table/read-rows.ts";
import { bestSizes } from "./candidate-law.ts";
import { publicTables } from "./public-tables.fixture.ts";
import type { TableRuns } from "./table-runs.ts";

/** How the best size grows with the compute: N* = C^exponent. */
function exponentOf(runs: Pick<TableRuns, "optima">): number {
  const size = bestSizes(runs as TableRuns, { isLine: true });
  return Math.log(size(1e19) / size(1e16)) / Math.log(1e3);
}

/** Published exponents by the beginning of the label, as corrections are applied one by one. */
function published(): ReadonlyMap<string, number> {
  const { porian_rw_n_exponents: golden } = JSON.parse(sharedText("scaling/golden.json")!);
  return new Map(Object.values<number>(golden).map((exponent, i) => [`${i + 1} `, exponent]));
}

test("the line through published optima has the published exponents", async (context) => {
  const path = sharedPath("scaling/porian-discrepancies/optimal_pairs.csv");
  context.skip(path === undefined, withoutSharedData);
  const optima = new Map<string, { n: number; d: number; c: number; loss: number }[]>();
  for await (const { values } of readRows(path!)) {
    const label = String(values["label"]);
    const n = Number(values["n"] || Number.NaN);
    if (values["dataset"] !== "rw" || values["file"] !== "summary_df" || !(n > 0)) continue;
    const row = { n, d: Number(values["t"]), c: Number(values["flops"]), loss: 1 };
    optima.set(label, [...(optima.get(label) ?? []), row]);
  }
  for (const [label, exponent] of published()) {
    const rows = [...optima].find(([name]) => name.startsWith(label))![1];
    const found = exponentOf({ optima: rows.map((row) => ({ ...row, standardError: 0 })) });
    expect(Math.abs(found - exponent)).toBeLessThan(1e-4);
  }
});

test("local quadratics find nearly the same exponents in the runs themselves", async (context) => {
  const tables = publicTables("porian");
  context.skip(tables === undefined, withoutSharedData);
  const exponents = published();
  const found: number[] = [];
  for await (const { sameRuns, runs } of tables!) {
    const [, label] = /summary_df rw (\d )/.exec(sameRuns) ?? [];
    if (label === undefined) continue;
    found.push(exponentOf(runs));
    expect([sameRuns, Math.abs(found.at(-1)! - exponents.get(label)!) < 0.04]).toEqual([
      sameRuns,
      true,
    ]);
  }
  expect(found).toHaveLength(5);
  expect(found).toEqual(found.toSorted((a, b) => b - a));
});
