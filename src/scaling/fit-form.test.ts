import { expect, test } from "vitest";
import { sharedPath, sharedText, withoutSharedData } from "../statistics/shared-data.fixture.ts";
import { type Deviation, fitForm } from "./fit-form.ts";
import { additiveForm } from "./laws/additive.ts";
import type { LawRow } from "./laws/law-form.ts";
import { overTrainingForm } from "./laws/over-training.ts";
import { readRows } from "./run-table/read-rows.ts";

const deviations: Readonly<Record<string, Deviation>> = {
  huber: { kind: "huber", delta: 1e-3 },
  least_squares: { kind: "least-squares" },
  lad: { kind: "least-absolute" },
  losses: { kind: "least-squares-of-losses" },
};

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

test("Gadre's forecasts of two over-trained and large models are reproduced", async (context) => {
  const path = sharedPath("scaling/gadre-overtraining/runs.csv");
  context.skip(path === undefined, withoutSharedData);
  const runs: (LawRow & { readonly id: string; readonly ratio: number })[] = [];
  for await (const { values } of readRows(path!)) {
    if (values["dataset_name"] !== "rpj") continue;
    const number = (column: string) => Number(values[column]);
    const ratio = number("tok_mult");
    const row = { n: number("N"), d: number("D"), c: number("flops"), loss: number("loss_c4_val") };
    runs.push({ ...row, ratio, id: `${values["model_name"]}_M${ratio}` });
  }
  // the five runs of the paper: four sizes at 20 tokens a parameter, the smallest also at 320
  const five = runs.filter(
    ({ n, ratio }) => (ratio === 20 && n < 5e8) || (ratio === 320 && n < 2e7),
  );
  const deviation = { kind: "least-squares-of-losses" } as const;
  const { parameters } = fitForm(overTrainingForm, five, { deviation });
  const { loss_rel_err_pct: wanted } = JSON.parse(sharedText("scaling/golden.json")!).gadre_rpj;
  expect(five).toHaveLength(5);
  for (const [id, error] of Object.entries<number>(wanted)) {
    const run = runs.find((one) => one.id === id)!;
    const found = 100 * Math.abs(overTrainingForm.lossAt(parameters, run) / run.loss - 1);
    expect([id, Math.abs(found - error) < 5e-4]).toEqual([id, true]);
  }
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
