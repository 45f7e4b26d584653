import { describe, expect, test } from "vitest";
import { goldenCases, sharedText, withoutSharedData } from "../statistics/shared-data.fixture.ts";
import { fitLossLaw } from "./fit.ts";
import type { LadderPoint } from "./levels.ts";
import { type LossLaw, lossAt } from "./loss-law.ts";

const point = (flops: number, lossNats: number, seed = 0): LadderPoint => ({
  id: `${flops}/${seed}`,
  flops,
  lossNats,
  seed,
});

const ladder = (law: LossLaw, flops: readonly number[]): LadderPoint[] =>
  flops.map((one) => point(one, lossAt(law, one)));

const computes = [1e10, 3e10, 1e11, 3e11, 1e12, 3e12];

describe("known laws are recovered from exact losses", () => {
  test.each<LossLaw>([
    { a: 60, b: -0.12, c: 1.2 },
    { a: 35, b: -0.08, c: 0 },
    { a: 5e4, b: -0.45, c: 2.5 },
  ])("%o", (law) => {
    const fit = fitLossLaw(ladder(law, computes));
    for (const flops of [1e10, 1e12, 1e15]) {
      expect(lossAt(fit.law, flops) / lossAt(law, flops)).toBeCloseTo(1, 5);
    }
    expect(fit.law.b / law.b).toBeCloseTo(1, 4);
    expect(Math.abs(fit.law.c - law.c)).toBeLessThan(1e-4);
    expect(fit.isAtBound).toBe(law.c === 0);
    expect(fit.gradientNorm).toBeLessThan(1e-8);
  });

  test("with c held at zero the fit is the line through logarithms", () => {
    const law = { a: 35, b: -0.08, c: 0 };
    const fit = fitLossLaw(ladder(law, computes), { irreducible: "zero" });
    expect(fit.law.a).toBeCloseTo(35, 6);
    expect(fit.law.b).toBeCloseTo(-0.08, 9);
    expect(fit.starts).toEqual({ tried: 1, reachedBest: 1 });
  });
});

test("one wild rung hardly moves the robust fit, and moves least squares", () => {
  const law = { a: 60, b: -0.12, c: 1.2 };
  const flops = [...computes, 1e13, 3e13, 1e14];
  const points = ladder(law, flops).map((one, i) =>
    i === 4 ? { ...one, lossNats: one.lossNats * 1.2 } : one,
  );
  const error = (delta: number | "auto") =>
    Math.abs(lossAt(fitLossLaw(points, { delta }).law, 1e15) / lossAt(law, 1e15) - 1);
  expect(error("auto")).toBeLessThan(0.002);
  expect(error(Number.POSITIVE_INFINITY)).toBeGreaterThan(0.01);
});

test("several seeds of one compute count as one level", () => {
  const law = { a: 60, b: -0.12, c: 1.2 };
  const points = ladder(law, computes);
  const first = points[0] as LadderPoint;
  const seeds = [-0.03, 0, 0.03].map((shift, seed) => point(1e10, first.lossNats + shift, seed));
  const fit = fitLossLaw([...seeds, ...points.slice(1)]);
  expect(fit.levels).toHaveLength(6);
  expect(fit.levels[0]?.points).toHaveLength(3);
  expect(fit.law.c).toBeCloseTo(1.2, 4);
});

describe("refusals", () => {
  const reason = (points: readonly LadderPoint[]): string => {
    try {
      fitLossLaw(points);
    } catch (error) {
      return `${(error as { reason: string }).reason}: ${(error as Error).message}`;
    }
    return "accepted";
  };
  const law = { a: 60, b: -0.12, c: 1.2 };

  test("fewer than four computes, however many seeds", () => {
    const three = ladder(law, [1e10, 1e11, 1e12]);
    expect(reason([...three, ...three])).toMatch(/^too-few-levels: .*4 or more.*got 3/);
    expect(reason([])).toMatch(/^too-few-levels: .*got 0/);
  });

  test("less than one decade of compute", () => {
    expect(reason(ladder(law, [1e10, 2e10, 4e10, 8e10]))).toMatch(/^narrow-span: .*got 8.00 times/);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 0, -1])("a loss of %d", (loss) => {
    const points = [...ladder(law, computes), { ...point(1e13, loss), id: "bad" }];
    expect(reason(points)).toMatch(/^not-finite: Run bad: expected a positive finite lossNats/);
    expect(reason([{ ...point(loss, 3), id: "x" }])).toMatch(/^not-finite: Run x: .*flops/);
  });

  test("losses that rise with compute", () => {
    const rising = computes.map((flops, i) => point(flops, 3 + i / 10));
    expect(reason(rising)).toMatch(/^no-descent: /);
  });
});

describe("golden files", () => {
  const cases = goldenCases("scaling_fits", "fit_power")?.filter(
    ({ in: input }) => input.objective !== "lad",
  );
  test.skipIf(cases === undefined)(`power laws (${cases?.length ?? withoutSharedData})`, () => {
    for (const { id, in: input, out } of cases ?? []) {
      const points = (input.rows as [number, number][]).map(([flops, loss]) => point(flops, loss));
      const delta = input.objective === "huber" ? 1e-3 : Number.POSITIVE_INFINITY;
      const fit = fitLossLaw(points, { delta });
      const value = fit.objective.value;
      expect(Math.abs(value - out.objective_value), id).toBeLessThanOrEqual(
        1e-12 + 1e-6 * out.objective_value,
      );
      const slack = out["param_tolerance_slack_1e-6"] as number[];
      const got = [Math.log(fit.law.a), fit.law.b, Math.log(fit.law.c)];
      for (const [index, want] of [out.log_a, out.b, out.log_c].entries()) {
        expect(Math.abs((got[index] ?? 0) - want), id).toBeLessThanOrEqual(5 * (slack[index] ?? 0));
      }
    }
  });

  const table = sharedText("scaling/marin-delphi/delphi_ladder.csv");
  test.skipIf(table === undefined)(
    `Delphi's optima forecast its held-out runs (${table === undefined ? withoutSharedData : "7"})`,
    () => {
      const rows = (table ?? "")
        .trim()
        .split("\n")
        .map((line) => line.split(","));
      const optima = rows
        .filter((row) => row[0] === "optimum")
        .map((row) => point(Number(row[7]), Number(row[8])));
      expect(optima).toHaveLength(7);
      const { law } = fitLossLaw(optima, { delta: 1e-3 });
      const heldOut = { "1e21": 2.7594, "1e22": 2.53206, "1e23": 2.3546 };
      for (const [flops, actual] of Object.entries(heldOut)) {
        expect(Math.abs(lossAt(law, Number(flops)) / actual - 1)).toBeLessThan(0.004);
      }
    },
  );
});
