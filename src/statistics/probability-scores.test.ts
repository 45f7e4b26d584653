import { expect, test } from "vitest";
import { binaryBrierScore, brierScore, logLoss } from "./probability-scores.ts";

const rows = [
  [0.7, 0.3],
  [0.2, 0.8],
  [0.5, 0.5],
];
const labels = [0, 0, 1];

test("for two classes the score is twice the binary one", () => {
  const binary = binaryBrierScore([0.3, 0.8, 0.5], [0, 0, 1]);
  expect(binary).toBeCloseTo((0.09 + 0.64 + 0.25) / 3, 14);
  expect(brierScore(rows, labels)).toBeCloseTo(2 * binary, 14);
});

test("both scores are proper: the true rate has the lowest mean", () => {
  const happened = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((one) => one < 3);
  const score = (p: number) =>
    binaryBrierScore(
      happened.map(() => p),
      happened,
    );
  const loss = (p: number) =>
    logLoss(
      happened.map(() => [1 - p, p]),
      happened.map(Number),
    );
  for (const other of [0.25, 0.29, 0.31, 0.4]) {
    expect(score(other)).toBeGreaterThan(score(0.3));
    expect(loss(other)).toBeGreaterThan(loss(0.3));
  }
});

test("a wrong certainty is infinite only without clipping", () => {
  expect(logLoss([[1, 0]], [1])).toBeCloseTo(52 * Math.LN2, 12);
  expect(logLoss([[1, 0]], [1], { clip: 0 })).toBe(Infinity);
  expect(logLoss([[1, 0]], [0], { clip: 0 })).toBe(0);
});

test("rows that are no distribution, labels that are no class, and empty lists are refused", () => {
  expect(() => brierScore([[0.7, 0.7]], [0])).toThrow("row 0 with the sum 1, got the sum 1.4");
  expect(() => brierScore([[1.5, -0.5]], [0])).toThrow("in [0, 1], got 1.5 at index 0");
  expect(() => logLoss([[0.5, 0.5]], [-1])).toThrow("a label from 0 to 1 of row 0, got -1");
  expect(() => logLoss([], [])).toThrow("logLoss: expected rows of numbers, got none");
  expect(() => logLoss(rows, labels, { clip: 0.5 })).toThrow("clip in [0, 1/2), got 0.5");
  expect(() => binaryBrierScore([], [])).toThrow("expected at least one value, got none");
  expect(() => binaryBrierScore([0.5, 0.5], [1])).toThrow("got 2 and 1 values");
});
