import { expect, test } from "vitest";
import { logLoss } from "./probability-scores.ts";
import { Random } from "./random.ts";
import { fitTemperature } from "./temperature-scaling.ts";

function softmax(row: readonly number[], temperature: number): number[] {
  const largest = Math.max(...row);
  const weights = row.map((logit) => Math.exp((logit - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Logits whose labels are drawn at temperature 2.5. */
function drawn(n: number) {
  const random = new Random(21);
  const rows = Array.from({ length: n }, () => [0, 1, 2, 3].map(() => 3 * random.normal()));
  const labels = rows.map((row) => {
    let rest = random.uniform();
    const found = softmax(row, 2.5).findIndex((p) => {
      rest -= p;
      return rest < 0;
    });
    return found < 0 ? 3 : found;
  });
  return { rows, labels };
}

test("the temperature that labels were drawn at is found, and no neighbour is better", () => {
  const { rows, labels } = drawn(4000);
  const fit = fitTemperature(rows, labels);
  if (fit.optimum !== "finite") throw new Error("no optimum");
  expect(Math.abs(fit.temperature - 2.5)).toBeLessThan(0.15);
  const loss = (temperature: number) =>
    logLoss(
      rows.map((row) => softmax(row, temperature)),
      labels,
    );
  expect(fit.lossBefore).toBeCloseTo(loss(1), 10);
  expect(fit.lossAfter).toBeCloseTo(loss(fit.temperature), 10);
  expect(fit.lossAfter).toBeLessThan(loss(fit.temperature * 1.01));
  expect(fit.lossAfter).toBeLessThan(loss(fit.temperature / 1.01));
  // Logits times c have the optimum times c.
  const scaled = fitTemperature(
    rows.map((row) => row.map((logit) => logit * 8)),
    labels,
  );
  expect(scaled).toMatchObject({ temperature: expect.closeTo(8 * fit.temperature, 9) });
});

test("two classes with large logits: the curvature is the mean of d² p (1 - p)", () => {
  const rows = [
    [10000, 9999],
    [5000, 4000],
    [3, 1],
  ];
  const fit = fitTemperature(rows, [1, 0, 0]);
  if (fit.optimum !== "finite") throw new Error("no optimum");
  const part = (distance: number) => {
    const p = 1 / (1 + Math.exp(-distance / fit.temperature));
    return distance ** 2 * p * (1 - p);
  };
  expect(fit.curvature).toBeCloseTo((part(1) + part(2)) / 3, 12);
  // By 50 digits at the temperature 2.3831220234393564.
  expect(fit.curvature).toBeCloseTo(0.3606706805085559, 8);
});

test("labels that are always or never likeliest have no finite optimum", () => {
  const rows = [
    [2, 2, 1],
    [0, 1, 5],
  ];
  expect(fitTemperature(rows, [0, 2])).toMatchObject({
    optimum: "zero",
    lossAfter: Math.LN2 / 2,
  });
  expect(fitTemperature(rows, [2, 0])).toMatchObject({
    optimum: "infinity",
    lossAfter: Math.log(3),
  });
});

test("rows and labels that do not fit are refused", () => {
  expect(() => fitTemperature([], [])).toThrow("expected rows of numbers, got none");
  expect(() => fitTemperature([[1, 2]], [2])).toThrow("a label from 0 to 1 of row 0, got 2");
  expect(() => fitTemperature([[1, Infinity]], [0])).toThrow("got Infinity at index 1");
});
