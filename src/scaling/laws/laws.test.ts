import { describe, expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { fitForm } from "../fit-form.ts";
import { candidateLaws } from "../tables/candidate-law.ts";
import { additiveForm } from "./additive.ts";
import { bestPlace } from "./best-size.ts";
import { coupledForm } from "./coupled.ts";
import type { LawForm, LawParameters, LawProblem, LawRow } from "./law-form.ts";
import { overTrainingForm } from "./over-training.ts";
import { powerForm } from "./power.ts";

const truths: readonly (readonly [LawForm, LawParameters])[] = [
  [powerForm, { E: 1.7, A: 140, alpha: 0.1 }],
  [additiveForm, { E: 1.8, A: 480, B: 2100, alpha: 0.35, beta: 0.37 }],
  [overTrainingForm, { E: 1.6, A: 60, B: 190, alpha: 0.24 }],
  [coupledForm, { E: 1.9, A: 2e6, B: 1.4e4, alpha: 0.74, beta: 0.43, gamma: 0.5 }],
];

/** Runs of many sizes and lengths whose losses a law gives. */
function rowsOf(form: LawForm, parameters: LawParameters): LawRow[] {
  const sizes = [1e7, 3e7, 1e8, 3e8, 1e9, 3e9];
  return sizes.flatMap((n) =>
    [5, 20, 80, 320].map((ratio) => {
      const place = { n, d: ratio * n, c: 6 * n * ratio * n };
      return { ...place, loss: form.lossAt(parameters, place) };
    }),
  );
}

function predicted(problem: LawProblem, x: ArrayLike<number>) {
  const logs = new Float64Array(problem.rows);
  const slopes = new Float64Array(problem.rows * problem.variables);
  problem.predict(x, logs, slopes);
  return { logs, slopes };
}

describe.each(truths)("$name", (form, parameters) => {
  const rows = rowsOf(form, parameters);

  test("its losses give its parameters back", () => {
    const fit = fitForm(form, rows, { deviation: { kind: "least-squares" } });
    expect(Math.max(...fit.residuals.map(Math.abs))).toBeLessThan(2e-6);
    for (const name of form.parameters.filter((one) => one !== "A" && one !== "B")) {
      expect(Math.abs(fit.parameters[name]! / parameters[name]! - 1)).toBeLessThan(5e-3);
    }
  });

  test("the gradient is that of the prediction", () => {
    const problem = form.prepare(rows);
    const random = new Random(1);
    const [start] = problem.starts(1);
    const x = start!.map((value) => value + 0.2 * random.normal());
    const { slopes } = predicted(problem, x);
    for (let i = 0; i < x.length; i++) {
      const at = (step: number) =>
        predicted(
          problem,
          x.map((value, j) => (i === j ? value + step : value)),
        ).logs;
      const [above, below] = [at(1e-5), at(-1e-5)];
      for (const row of [0, 7, rows.length - 1]) {
        const slope = (above[row]! - below[row]!) / 2e-5;
        expect(slopes[row * problem.variables + i]!).toBeCloseTo(slope, 7);
      }
    }
  });

  test("what the search predicts is the loss of the parameters that it gives", () => {
    const problem = form.prepare(rows);
    for (const start of problem.starts(3)) {
      const log = predicted(problem, start).logs[5]!;
      expect(form.lossAt(problem.parametersAt(start), rows[5]!)).toBeCloseTo(Math.exp(log), 9);
    }
  });
});

test("the best size of an additive law is the one that its exponents give", () => {
  const { A, B, alpha, beta } = truths[1]![1] as {
    A: number;
    B: number;
    alpha: number;
    beta: number;
  };
  for (const c of [1e18, 1e21, 1e24]) {
    const { n, d } = bestPlace(additiveForm, truths[1]![1], c);
    // Hoffmann et al. 2022, equation 4
    const g = ((alpha * A) / (beta * B)) ** (1 / (alpha + beta));
    expect(n / (g * (c / 6) ** (beta / (alpha + beta)))).toBeCloseTo(1, 5);
    expect((6 * n * d) / c).toBeCloseTo(1, 12);
  }
});

test("every candidate has a name of its own", () => {
  const names = candidateLaws.map(
    ({ form, dropped, window }) => `${form.name} ${dropped} ${window}`,
  );
  expect(new Set(names).size).toBe(names.length);
});
