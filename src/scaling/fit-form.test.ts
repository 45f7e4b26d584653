import { describe, expect, test } from "vitest";
import { goldenCases, sharedText, withoutSharedData } from "../statistics/shared-data.fixture.ts";
import { type Deviation, fitForm } from "./fit-form.ts";
import { additiveForm } from "./laws/additive.ts";
import type { LawRow } from "./laws/law-form.ts";
import { powerForm } from "./laws/power.ts";

const deviations: Readonly<Record<string, Deviation>> = {
  huber: { kind: "huber", delta: 1e-3 },
  least_squares: { kind: "least-squares" },
  lad: { kind: "least-absolute" },
};

const golden = ["fit_additive", "fit_power"].flatMap((fn) => goldenCases("scaling_fits", fn) ?? []);

/** By function: the form, its rows, and what was found and wanted, in the order of the file. */
const asked = {
  fit_additive: {
    form: additiveForm,
    row: ([n, d, loss]: number[]): LawRow => ({ n: n!, d: d!, c: Number.NaN, loss: loss! }),
    found: ({ A, B, E, alpha, beta }: Parameters) => [
      Math.log(A!),
      Math.log(B!),
      Math.log(E!),
      alpha!,
      beta!,
    ],
    wanted: ["a", "b", "e", "alpha", "beta"],
  },
  fit_power: {
    form: powerForm,
    row: ([c, loss]: number[]): LawRow => ({ n: Number.NaN, d: Number.NaN, c: c!, loss: loss! }),
    found: ({ A, E, alpha }: Parameters) => [Math.log(A!), -alpha!, Math.log(E!)],
    wanted: ["log_a", "b", "log_c"],
  },
};
type Parameters = Readonly<Record<string, number>>;

describe("optima of another optimizer are reached", () => {
  test.each(golden)("$id $class", ({ fn, in: { rows, objective }, out, class: kind }) => {
    const { form, row, found, wanted } = asked[fn as keyof typeof asked];
    const fit = fitForm(form, rows.map(row), { deviation: deviations[objective]! });
    const floor = kind.endsWith("noise-free") && objective === "lad" ? 1e-7 : 1e-12;
    expect(Math.abs(fit.objective - out.objective_value)).toBeLessThanOrEqual(
      floor + 1e-6 * out.objective_value,
    );
    found(fit.parameters).forEach((value, i) => {
      const tolerance = 5 * out["param_tolerance_slack_1e-6"][i];
      expect(Math.abs(value - out[wanted[i]!])).toBeLessThanOrEqual(tolerance);
    });
  });

  test("there are cases", (context) => {
    context.skip(golden.length === 0, withoutSharedData);
    expect(golden.length).toBeGreaterThanOrEqual(16);
  });
});

test("the published fit of Gemstones is reproduced", (context) => {
  const text = sharedText("scaling/gemstones/wandb_df_for_fitting_cool_end.jsonl");
  context.skip(text === undefined, withoutSharedData);
  const { gemstones_cool_end: wanted } = JSON.parse(sharedText("scaling/golden.json")!);
  const rows = text!
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map((run) => ({
      ...{ n: run.params_active_precise, d: run.tokens, c: Number.NaN, loss: run.final_loss },
    }));
  const { parameters, objective, starts } = fitForm(additiveForm, rows, {
    deviation: deviations["huber"]!,
  });
  expect(rows).toHaveLength(wanted.rows);
  expect(Math.abs(objective / wanted.objective_value - 1)).toBeLessThan(1e-6);
  // the optimum is flat: parameters move by 1e-4 where the objective moves by a millionth
  expect(Math.abs(parameters["alpha"]! - wanted.alpha)).toBeLessThan(3e-4);
  expect(Math.abs(parameters["beta"]! - wanted.beta)).toBeLessThan(3e-4);
  expect(Math.abs(Math.log(parameters["E"]!) - wanted.e)).toBeLessThan(3e-4);
  expect(starts.reachedBest).toBeGreaterThan(1);
});

test("a law is recovered from its own losses by each deviation", () => {
  const law = { E: 1.7, A: 400, B: 1500, alpha: 0.34, beta: 0.36 };
  const rows = [1e7, 1e8, 1e9].flatMap((n) =>
    [1e8, 1e9, 1e10, 1e11].map((d) => ({
      n,
      d,
      c: 6 * n * d,
      loss: law.E + law.A / n ** law.alpha + law.B / d ** law.beta,
    })),
  );
  for (const deviation of Object.values(deviations)) {
    const { parameters } = fitForm(additiveForm, rows, { deviation });
    for (const [name, value] of Object.entries(law)) {
      expect(parameters[name]! / value).toBeCloseTo(1, 4);
    }
  }
});
