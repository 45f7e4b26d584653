import { describe, expect, test } from "vitest";
import { additiveForm } from "../laws/additive.ts";
import { bestPlace } from "../laws/best-size.ts";
import { budgetsOf, meanOptimum, quadraticOptimum } from "./budgets.ts";
import { tableRuns } from "./table-runs.ts";
import { isoFlopRows, truth } from "./tables.fixture.ts";

describe("the lowest loss of a compute", () => {
  test.each(budgetsOf(isoFlopRows()))("is found between the sizes at $c FLOP", (budget) => {
    const { n, d } = bestPlace(additiveForm, truth, budget.c);
    const found = quadraticOptimum(budget)!;
    expect(found.loss / additiveForm.lossAt(truth, { n, d, c: budget.c })).toBeCloseTo(1, 3);
    expect(Math.abs(Math.log(found.n / n))).toBeLessThan(0.15);
    expect((6 * found.n * found.d) / budget.c).toBeCloseTo(1, 9);
  });

  test("its standard error is about what noise makes of it", () => {
    const errors: number[] = [];
    const claimed: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const noise = 0.003;
      const [budget] = budgetsOf(isoFlopRows({ computes: [1e19], noise, seed }));
      const [clean] = budgetsOf(isoFlopRows({ computes: [1e19] }));
      const found = quadraticOptimum(budget!);
      if (found === undefined) continue;
      errors.push(Math.log(found.loss / quadraticOptimum(clean!)!.loss));
      claimed.push(found.standardError);
    }
    expect(errors.length).toBeGreaterThan(50);
    const rms = (values: readonly number[]) =>
      Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    expect(rms(claimed) / rms(errors)).toBeGreaterThan(0.6);
    expect(rms(claimed) / rms(errors)).toBeLessThan(1.7);
  });

  test("is not told where no minimum was run", () => {
    const [rising] = budgetsOf(isoFlopRows({ computes: [1e19], ratios: [1.6, 2.5, 4, 6.3] }));
    expect(quadraticOptimum(rising!)).toBeUndefined();
    const [few] = budgetsOf(isoFlopRows({ computes: [1e19], ratios: [0.5, 1, 2] }));
    expect(quadraticOptimum(few!)).toBeUndefined();
  });

  test("of runs that are all optimal it is their mean, with its error", () => {
    const rows = [2.9, 3.1].map((loss) => ({ n: 1e6, d: 1e8, c: 6e14, loss }));
    const [budget] = budgetsOf(rows);
    const { loss, standardError } = meanOptimum(budget!);
    expect(loss).toBeCloseTo(Math.sqrt(2.9 * 3.1), 12);
    expect(standardError).toBeCloseTo(Math.log(3.1 / 2.9) / 2, 12);
  });
});

describe("what a table says of the lowest losses", () => {
  const path = isoFlopRows({ ratios: [1] });

  test("sizes at each compute give them by quadratics", () => {
    expect(tableRuns(isoFlopRows())).toMatchObject({ source: "quadratics" });
    expect(tableRuns(isoFlopRows()).optima).toHaveLength(6);
  });

  test("without sizes all rows are lowest", () => {
    const rows = path.map((row) => ({ ...row, n: Number.NaN, d: Number.NaN }));
    expect(tableRuns(rows)).toMatchObject({ source: "all rows", grid: [] });
  });

  test("one size a compute cannot tell size from data", () => {
    expect(tableRuns(path)).toMatchObject({ source: "one size a compute" });
  });

  test("marked rows are taken as they are, and the others are the grid", () => {
    const rows = isoFlopRows();
    const marked = rows.filter((_, i) => i % 7 === 3);
    const found = tableRuns(rows, marked);
    expect(found).toMatchObject({ source: "marked" });
    expect([found.optima.length, found.grid.length]).toEqual([6, 36]);
  });

  test("runs at ratios of tokens to parameters tell none", () => {
    const rows = [1e7, 3e7, 1e8, 3e8].flatMap((n) =>
      [5, 20, 80].map((ratio) => ({ n, d: ratio * n, c: 6 * n * ratio * n, loss: 3 })),
    );
    expect(tableRuns(rows)).toMatchObject({ source: "none", optima: [] });
  });

  test("the compute of a parameter and token is measured", () => {
    const rows = isoFlopRows().map((row) => ({ ...row, c: 1.2 * row.c }));
    expect(tableRuns(rows).flopsPerToken).toBeCloseTo(7.2, 9);
  });
});
