import { describe, expect, test } from "vitest";
import { withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { additiveForm } from "../laws/additive.ts";
import { bestPlace } from "../laws/best-size.ts";
import type { LawRow } from "../laws/law-form.ts";
import { powerForm } from "../laws/power.ts";
import type { ScalingRefusal } from "../refusal.ts";
import { publicSpreads, spreadsFor } from "./calibration.ts";
import { leaveLargest } from "./leave-largest.ts";
import { publicTables } from "./public-tables.fixture.ts";
import { levelsOf } from "./rolling-origin.ts";
import { backtestTable, holds } from "./table-backtest.ts";
import { outlook, studyTable } from "./table-forecast.ts";
import { type TableRuns, tableRuns } from "./table-runs.ts";
import { isoFlopRows, truth } from "./tables.fixture.ts";

const settings = { draws: 30, seed: 1 };

function forecastOf(runs: TableRuns, law?: string) {
  return outlook(studyTable(runs), runs, { ...settings, law, origin: levelsOf(runs).length });
}

function placeOf(c: number) {
  return { n: Number.NaN, d: Number.NaN, c };
}

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as ScalingRefusal).reason;
  }
  return "none";
}

describe("a law is chosen, and its forecast holds", () => {
  test.each([
    [1, 0.0005],
    [2, 0.002],
  ])("runs of several sizes at each compute, seed %i, noise %d", (seed, noise) => {
    const runs = tableRuns(isoFlopRows({ seed, noise }));
    const c = 3e22;
    const actual = additiveForm.lossAt(truth, bestPlace(additiveForm, truth, c));
    const seen = forecastOf(runs);
    const { loss, interval, extrapolation } = seen.at(placeOf(c));
    expect(seen.chosen.rejection).toBeUndefined();
    expect(Math.abs(loss / actual - 1)).toBeLessThan(0.015);
    expect(holds(interval(0.9), { place: placeOf(c), loss: actual })).toBe(true);
    expect(extrapolation).toBeCloseTo(100, 6);
  });

  test("runs at ratios of tokens to parameters, for a run of a given size", () => {
    const rows = [1e7, 3e7, 1e8, 3e8, 1e9].flatMap((n) =>
      [5, 20, 80, 320].map((ratio): LawRow => {
        const place = { n, d: ratio * n, c: 6 * n * ratio * n };
        return { ...place, loss: additiveForm.lossAt(truth, place) };
      }),
    );
    const target = { n: 7e9, d: 1.4e11, c: 6 * 7e9 * 1.4e11 };
    const { loss } = forecastOf(tableRuns(rows), "additive").at(target);
    expect(loss / additiveForm.lossAt(truth, target)).toBeCloseTo(1, 3);
  });

  test("the interval grows with the extrapolation, and with the level", () => {
    const seen = forecastOf(tableRuns(isoFlopRows({ noise: 0.001 })));
    const width = (c: number, level: number) => {
      const { low, high } = seen.at(placeOf(c)).interval(level);
      return high / low;
    };
    expect(width(1e23, 0.9)).toBeGreaterThan(width(1e22, 0.9));
    expect(width(1e22, 0.9)).toBeGreaterThan(width(1e21, 0.9));
    expect(width(1e22, 0.95)).toBeGreaterThan(width(1e22, 0.8));
  });
});

describe("refusals", () => {
  const computes = [1e18, 3e18, 1e19, 3e19, 1e20];

  test("too few computes, less than a decade", () => {
    const study = (some: readonly number[]) => () =>
      studyTable(tableRuns(isoFlopRows({ computes: some })));
    expect(refusalOf(study(computes.slice(0, 3)))).toBe("too-few-levels");
    expect(refusalOf(study([1e18, 2e18, 4e18, 8e18]))).toBe("narrow-span");
  });

  test("no law that the backtest admits: the reasons are told", () => {
    const rows = isoFlopRows({ ratios: [1] }).map((row, i) => {
      return { ...row, n: Number.NaN, d: Number.NaN, loss: row.loss * (1 + 0.03 * i ** 2) };
    });
    const work = () => forecastOf(tableRuns(rows));
    expect(refusalOf(work)).toBe("no-admitted-law");
    expect(work).toThrow(/power: .*\n.*power-to-zero/s);
  });

  test("a law that the table cannot carry", () => {
    const rows = isoFlopRows({ ratios: [1] });
    expect(refusalOf(() => forecastOf(tableRuns(rows), "additive"))).toBe("unfittable-law");
  });
});

test("a backtest's forecasts know nothing of what they forecast", () => {
  const rows = isoFlopRows({ noise: 0.001, computes: [1e18, 3e18, 1e19, 3e19, 1e20, 3e20, 1e21] });
  const changed = rows.map((row) => (row.c > 2e20 ? { ...row, loss: 1.1 * row.loss } : row));
  const first = (some: readonly LawRow[]) => {
    const runs = tableRuns(some);
    const { targets } = backtestTable(studyTable(runs), runs, settings);
    return targets
      .filter(({ from }) => from < 2e20)
      .map(({ reading, forecast }) => [reading, forecast.loss, forecast.interval(0.9)]);
  };
  expect(first(rows).length).toBeGreaterThan(1);
  expect(first(changed)).toEqual(first(rows));
});

test("the size that was foreseen as best costs little where a law is right", () => {
  const runs = tableRuns(isoFlopRows({ computes: [1e18, 3e18, 1e19, 3e19, 1e20, 3e20, 1e21] }));
  const { targets } = backtestTable(studyTable(runs), runs, settings);
  const regrets = targets.map(({ regret }) => regret!);
  expect(regrets.length).toBeGreaterThan(1);
  for (const regret of regrets) {
    expect(regret).toBeGreaterThanOrEqual(0);
    expect(regret).toBeLessThan(0.002);
  }
});

test("runs of the largest size are forecast from the smaller ones", () => {
  const sizes = [1e7, 3e7, 1e8, 3e8, 1e9];
  const rows = sizes.flatMap((n) =>
    [5, 20, 80, 320].map((ratio): LawRow => {
      const place = { n, d: ratio * n, c: 6 * n * ratio * n };
      const off = n === 1e9 ? 1.03 : 1; // what no smaller size shows
      return { ...place, loss: off * additiveForm.lossAt(truth, place) };
    }),
  );
  const found = leaveLargest({ form: additiveForm }, tableRuns(rows), "n")!;
  expect(found).toMatchObject({ reading: "additive", runs: 4 });
  expect(found.beyond).toBeCloseTo(10 / 3, 9);
  expect(found.meanError).toBeCloseTo(1 / 1.03 - 1, 3);
  expect(leaveLargest({ form: powerForm }, tableRuns(rows), "n")).toBeUndefined();
});

test("intervals between measured levels lie between their widths", () => {
  for (const [level, spreads] of publicSpreads) expect(spreadsFor(level)).toBeCloseTo(spreads, 12);
  const levels = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const widths = levels.map((level) => spreadsFor(level));
  expect(widths).toEqual(widths.toSorted((a, b) => a - b));
  expect(spreadsFor(0.995)).toBeGreaterThan(spreadsFor(0.98));
});

test("Delphi's ladder forecasts its large runs, however its table is read", async (context) => {
  const tables = publicTables("delphi");
  context.skip(tables === undefined, withoutSharedData);
  const actual = [
    [1e21, 2.7594, 0.01],
    [1e22, 2.53206, 0.01],
    [1e23, 2.3546, 0.015],
  ] as const;
  for await (const { runs: all, name } of tables!) {
    const isLadder = ({ c }: { readonly c: number }) => c < 4e20;
    const runs = { ...all, grid: all.grid.filter(isLadder), optima: all.optima.filter(isLadder) };
    const seen = forecastOf(runs);
    for (const [c, loss, tolerance] of actual) {
      const forecast = seen.at(placeOf(c));
      expect([name, c, Math.abs(forecast.loss / loss - 1) < tolerance]).toEqual([name, c, true]);
      expect(holds(forecast.interval(0.9), { place: placeOf(c), loss })).toBe(true);
    }
    if (runs.grid.length === 0) continue;
    const additive = seen.judgements.find((one) => one.name === "additive")!;
    expect(additive.rejection).toMatch(/bias of one level ahead \+1\.\d+ %/);
    expect(additive.law!.lossAt(placeOf(1e23)) / 2.3546 - 1).toBeCloseTo(0.1275, 2);
  }
});
