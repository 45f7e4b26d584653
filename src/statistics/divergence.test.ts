import { expect, test } from "vitest";
import { crossEntropy, divergence, divergenceEstimates, estimateMoments } from "./divergence.ts";
import { Random } from "./random.ts";

const p = [0.5, 0.25, 0.125, 0.125];
const q = [0.25, 0.25, 0.25, 0.25];

test("they are differences of entropies, and never below 0", () => {
  const { forward, backward, jensenShannon } = divergence(p, q);
  expect(crossEntropy(p)).toBeCloseTo(1.75 * Math.LN2, 14);
  expect(forward).toBeCloseTo(crossEntropy(p, q) - crossEntropy(p), 14);
  expect(divergence(q, p).forward).toBeCloseTo(backward, 14);
  expect(divergence(q, p).jensenShannon).toBeCloseTo(jensenShannon, 14);
  expect(divergence(p, p)).toEqual({ forward: 0, backward: 0, jensenShannon: 0 });
  expect(divergence([1, 0], [0, 1])).toEqual({
    ...{ forward: Infinity, backward: Infinity },
    jensenShannon: expect.closeTo(Math.LN2, 14),
  });
});

test("distributions that are nearly the same keep their digits", () => {
  // KL of (1/2 + e, 1/2 - e) from (1/2, 1/2) is 2 e² + 4 e⁴ / 3 + …, with e a power of two.
  const e = 2 ** -30;
  const { forward } = divergence([0.5 + e, 0.5 - e], [0.5, 0.5]);
  expect(forward / (2 * e * e)).toBeCloseTo(1, 12);
});

test("estimates from samples of the policy agree with the divergence", () => {
  const random = new Random(17);
  const drawn = Array.from({ length: 20_000 }, () => {
    const place = random.uniform();
    return p.findIndex((_, index) => p.slice(0, index + 1).reduce((x, y) => x + y) > place);
  });
  const { k1, k3 } = divergenceEstimates(
    drawn.map((one) => Math.log(p[one]!)),
    drawn.map((one) => Math.log(q[one]!)),
  );
  const { forward } = divergence(p, q);
  for (const estimates of [k1, k3]) {
    const { mean, variance } = estimateMoments(estimates);
    expect(Math.abs(mean - forward)).toBeLessThan(4 * Math.sqrt(variance! / drawn.length));
  }
  expect(Math.min(...k3)).toBeGreaterThanOrEqual(0);
  expect(estimateMoments(k3).variance!).toBeLessThan(estimateMoments(k1).variance!);
});

test("k3 joins its two forms without a step", () => {
  const at = (log: number) => divergenceEstimates([0], [log]).k3[0]!;
  expect(at(0.5) / at(0.5 + 1e-15)).toBeCloseTo(1, 13);
  expect(at(-0.5) / at(-0.5 - 1e-15)).toBeCloseTo(1, 13);
  expect(at(1e-9) / 5e-19).toBeCloseTo(1, 8);
  expect(estimateMoments([0.3]).variance).toBeUndefined();
});

test("lists that do not fit or do not add up are refused", () => {
  expect(() => divergence([1], [0.5, 0.5])).toThrow("of one length, got 1 and 2 values");
  expect(() => divergence([], [])).toThrow("expected at least one value, got none");
  expect(() => divergence([0.5, 0.4], [0.5, 0.5])).toThrow("with the sum 1, got the sum 0.9");
  expect(() => crossEntropy([1.5, -0.5])).toThrow("in [0, 1], got 1.5 at index 0");
  expect(() => divergenceEstimates([], [])).toThrow("expected at least 1 values, got 0");
  expect(() => divergenceEstimates([0], [Number.NaN])).toThrow("got NaN at index 0");
});
