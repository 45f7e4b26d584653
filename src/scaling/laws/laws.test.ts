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
import { repetitionForm } from "./repetition.ts";

const truths: readonly (readonly [LawForm, LawParameters])[] = [
  [powerForm, { E: 1.7, A: 140, alpha: 0.1 }],
  [additiveForm, { E: 1.8, A: 480, B: 2100, alpha: 0.35, beta: 0.37 }],
  [overTrainingForm, { E: 1.6, A: 60, B: 190, alpha: 0.24 }],
  [coupledForm, { E: 1.9, A: 2e6, B: 1.4e4, alpha: 0.74, beta: 0.43, gamma: 0.5 }],
  [repetitionForm, { E: 1.87, A: 521, B: 1488, alpha: 0.353, beta: 0.353, R: 15.4 }],
];

/** Runs of many sizes and lengths whose losses a law gives. */
function rowsOf(form: LawForm, parameters: LawParameters): LawRow[] {
  const sizes = [1e7, 3e7, 1e8, 3e8, 1e9, 3e9];
  return sizes.flatMap((n) =>
    [5, 20, 80, 320].map((ratio) => {
      // half of the lengths repeat their data, up to 32 times
      const unique = ratio > 20 ? 10 * n : ratio * n;
      const place = { n, d: ratio * n, c: 6 * n * ratio * n, unique };
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

test("tokens that come again are worth less each time", () => {
  // published: 4 times the same data is worth 3.7 times as much, 40 times at most 15.2
  const law = { E: 0, A: 1e-9, B: 1, alpha: 1, beta: 1, R: 15.387756 };
  const worth = (times: number) =>
    1e9 / repetitionForm.lossAt(law, { n: 1e9, d: 1e9 * times, c: 1, unique: 1e9 }) / 1e18;
  expect(worth(1)).toBeCloseTo(1, 6);
  expect(worth(4)).toBeCloseTo(3.726, 3);
  expect(worth(1e4)).toBeCloseTo(1 + 15.387756, 3);
  const fresh = { n: 1e9, d: 4e9, c: 1 };
  expect(repetitionForm.lossAt(law, fresh)).toBeCloseTo(additiveForm.lossAt(law, fresh), 12);
});

test("every candidate has a name of its own", () => {
  const names = candidateLaws.map(
    ({ form, dropped, window }) => `${form.name} ${dropped} ${window}`,
  );
  expect(new Set(names).size).toBe(names.length);
});
