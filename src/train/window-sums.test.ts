import { expect, test } from "vitest";
import { WindowSums, weightedLoss } from "./window-sums.ts";

test("mean and clustered standard error of a case computed by hand", () => {
  const sums = new WindowSums();
  sums.add(2, 1);
  sums.add(6, 2);
  sums.add(4, 3);
  sums.bytes = 12;
  // nats = 12 / 6 = 2; residuals 0, 2, -2; sum of squares 8; error = sqrt(8 * 3 / 2) / 6
  const { nats, standardError, bitsPerByte, tokens, bytes } = sums.loss();
  expect(nats).toBe(2);
  expect(standardError).toBeCloseTo(Math.sqrt(12) / 6, 12);
  expect(bitsPerByte).toBeCloseTo(1 / Math.LN2, 12);
  expect([tokens, bytes]).toEqual([6, 12]);
});

test("windows of equal length give the standard error of a mean", () => {
  const sums = new WindowSums();
  for (const nats of [10, 20, 30, 40]) sums.add(nats, 10);
  const deviation = Math.sqrt((1.5 ** 2 + 0.5 ** 2) * 2 * (1 / 3)); // of 1, 2, 3, 4
  expect(sums.loss().standardError).toBeCloseTo(deviation / Math.sqrt(4), 12);
});

test("windows without targets count for nothing; one window has no standard error", () => {
  const sums = new WindowSums();
  sums.add(3, 2);
  sums.add(0, 0);
  expect(sums.loss()).toEqual({
    nats: 1.5,
    standardError: null,
    bitsPerByte: null,
    tokens: 2,
    bytes: 0,
  });
});

test("the weighted loss adds losses by weight and errors in quadrature", () => {
  const loss = (nats: number, standardError: number | null) => ({
    nats,
    standardError,
    bitsPerByte: nats / 2,
    tokens: 10,
    bytes: 30,
  });
  const weights = [
    { name: "text", weight: 0.75 },
    { name: "code", weight: 0.25 },
  ];
  const total = weightedLoss(weights, { text: loss(4, 0.4), code: loss(2, 0.4) });
  expect(total.nats).toBe(3.5);
  expect(total.standardError).toBeCloseTo(Math.hypot(0.3, 0.1), 12);
  expect(total.bitsPerByte).toBe(1.75);
  expect([total.tokens, total.bytes]).toEqual([20, 60]);
});
