import { expect, test } from "vitest";
import { sharedText, withoutSharedData } from "../statistics/shared-data.fixture.ts";
import { type Deviation, fitForm } from "./fit-form.ts";
import { additiveForm } from "./laws/additive.ts";

const deviations: Readonly<Record<string, Deviation>> = {
  huber: { kind: "huber", delta: 1e-3 },
  least_squares: { kind: "least-squares" },
  lad: { kind: "least-absolute" },
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
