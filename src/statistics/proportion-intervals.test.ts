import { describe, expect, test } from "vitest";
import { binomialProbability } from "./binomial.ts";
import { type ProportionMethod, proportionInterval } from "./proportion-intervals.ts";
import { Random } from "./random.ts";

const methods: readonly ProportionMethod[] = [
  ...(["wilson", "wilson-continuity", "clopper-pearson", "jeffreys"] as const),
  ...(["jeffreys-closed", "agresti-coull", "wald"] as const),
];

describe.each(methods)("%s", (method) => {
  test("contains the estimate, is symmetric, and grows with the level", () => {
    for (const [count, n] of [
      [1, 7],
      [4, 8],
      [13, 40],
      [999, 1000],
    ] as const) {
      const { low, high } = proportionInterval(count, n, { method });
      expect(low).toBeLessThan(count / n);
      expect(high).toBeGreaterThan(count / n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      const mirrored = proportionInterval(n - count, n, { method });
      expect(mirrored.low).toBeCloseTo(1 - high, 12);
      expect(mirrored.high).toBeCloseTo(1 - low, 12);
      const wide = proportionInterval(count, n, { method, level: 0.99 });
      expect(wide.high - wide.low).toBeGreaterThan(high - low);
    }
  });

  test("narrows with the number of trials, as one over its root for many", () => {
    const width = (n: number) => {
      const { low, high } = proportionInterval(n / 4, n, { method });
      return high - low;
    };
    expect(width(80)).toBeLessThan(width(40));
    // z sqrt(p (1 - p)) = 1.959964 * 0.4330127, on both sides.
    expect(width(4e8) * 2e4).toBeCloseTo(2 * 1.959964 * 0.4330127, 3);
  });

  test("counts above n, no trial, and a level of 1 are refused", () => {
    expect(() => proportionInterval(3, 2, { method })).toThrow(/0 <= count <= n with n > 0, got/);
    expect(() => proportionInterval(0, 0, { method })).toThrow(/got count 0 and n 0/);
    expect(() => proportionInterval(1, 2, { method, level: 1 })).toThrow(
      "proportionInterval: expected level between 0 and 1, got 1",
    );
  });
});

/** The exact probability that the interval of `n` trials holds the rate. */
function coverage(method: ProportionMethod, n: number, rate: number): number {
  let covered = 0;
  for (let count = 0; count <= n; count++) {
    const { low, high } = proportionInterval(count, n, { method });
    if (low <= rate && rate <= high) covered += binomialProbability(count, n, rate);
  }
  return covered;
}

describe("coverage", () => {
  const rates = Array.from({ length: 49 }, (_, index) => (index + 1) / 50);

  test("Clopper-Pearson never covers less than its level", () => {
    for (const rate of rates) {
      expect(coverage("clopper-pearson", 20, rate)).toBeGreaterThanOrEqual(0.95);
    }
  });

  test("Wilson covers its level on average, Wald much less", () => {
    const average = (method: ProportionMethod) =>
      rates.reduce((total, rate) => total + coverage(method, 20, rate), 0) / rates.length;
    expect(Math.abs(average("wilson") - 0.95)).toBeLessThan(0.01);
    expect(average("wald")).toBeLessThan(0.92);
  });

  test("simulated trials are covered as the sum over counts says", () => {
    const random = new Random(5);
    const [rounds, n, rate] = [4000, 30, 0.15];
    let covered = 0;
    for (let round = 0; round < rounds; round++) {
      let count = 0;
      for (let trial = 0; trial < n; trial++) count += random.uniform() < rate ? 1 : 0;
      const { low, high } = proportionInterval(count, n);
      if (low <= rate && rate <= high) covered++;
    }
    // Four standard errors of 4,000 rounds.
    const error = 4 * Math.sqrt((0.95 * 0.05) / rounds);
    expect(Math.abs(covered / rounds - coverage("wilson", n, rate))).toBeLessThan(error);
  });
});

test("Jeffreys' interval is closed at no success and at no failure only where asked", () => {
  expect(proportionInterval(0, 9, { method: "jeffreys" }).low).toBeGreaterThan(0);
  expect(proportionInterval(0, 9, { method: "jeffreys-closed" }).low).toBe(0);
  expect(proportionInterval(9, 9, { method: "jeffreys-closed" }).high).toBe(1);
  const options = { method: "jeffreys-closed" } as const;
  expect(proportionInterval(4, 9, options)).toEqual(
    proportionInterval(4, 9, { method: "jeffreys" }),
  );
});
