import { describe, expect, test } from "vitest";
import {
  type DifferenceMethod,
  proportionDifference,
  type Successes,
  twoProportionTest,
} from "./proportion-difference.ts";
import { Random } from "./random.ts";

const methods: readonly DifferenceMethod[] = [
  ...(["newcombe", "miettinen-nurminen", "agresti-caffo", "wald"] as const),
];

const pairs: readonly (readonly [Successes, Successes])[] = [
  [
    { count: 8, n: 10 },
    { count: 30, n: 60 },
  ],
  [
    { count: 200, n: 900 },
    { count: 260, n: 1000 },
  ],
];

describe.each(methods)("%s", (method) => {
  test("contains the difference and changes sign with the order", () => {
    for (const [first, second] of pairs) {
      const { low, high } = proportionDifference(first, second, { method });
      const difference = first.count / first.n - second.count / second.n;
      expect(low).toBeLessThan(difference);
      expect(high).toBeGreaterThan(difference);
      const turned = proportionDifference(second, first, { method });
      expect(turned.low).toBeCloseTo(-high, 12);
      expect(turned.high).toBeCloseTo(-low, 12);
      const wide = proportionDifference(first, second, { method, level: 0.99 });
      expect(wide.low).toBeLessThan(low);
      expect(wide.high).toBeGreaterThan(high);
    }
  });

  test("counts above n and a level of 0 are refused", () => {
    const fine = { count: 1, n: 2 };
    expect(() => proportionDifference(fine, { count: 3, n: 2 }, { method })).toThrow(/count 3/);
    expect(() => proportionDifference({ count: 0, n: 0 }, fine, { method })).toThrow(/n 0/);
    expect(() => proportionDifference(fine, fine, { method, level: 0 })).toThrow(/got 0$/);
  });
});

test("Miettinen and Nurminen's interval stays within the possible differences", () => {
  const [none, all] = [
    { count: 0, n: 12 },
    { count: 12, n: 12 },
  ];
  expect(proportionDifference(none, all, { method: "miettinen-nurminen" }).low).toBe(-1);
  expect(proportionDifference(all, none, { method: "miettinen-nurminen" }).high).toBe(1);
  const { low, high } = proportionDifference(none, none, { method: "miettinen-nurminen" });
  expect(low).toBeCloseTo(-high, 12);
  expect(high).toBeGreaterThan(0.1);
});

test("simulated differences are covered about as often as the level says", () => {
  const random = new Random(11);
  const draw = (n: number, rate: number) => {
    let count = 0;
    for (let trial = 0; trial < n; trial++) count += random.uniform() < rate ? 1 : 0;
    return { count, n };
  };
  const rounds = 600;
  for (const method of ["newcombe", "miettinen-nurminen", "agresti-caffo"] as const) {
    let covered = 0;
    for (let round = 0; round < rounds; round++) {
      const [first, second] = [draw(25, 0.85), draw(40, 0.6)];
      const { low, high } = proportionDifference(first, second, { method });
      if (low <= 0.25 && 0.25 <= high) covered++;
    }
    // Three standard errors of 600 rounds are 0.027.
    expect(Math.abs(covered / rounds - 0.95)).toBeLessThan(0.03);
  }
});

test("the test of two proportions: sides add to one, and the interval's size agrees", () => {
  const [first, second] = pairs[1]!;
  const { z, pValue } = twoProportionTest(first, second);
  const larger = twoProportionTest(first, second, "larger").pValue;
  const smaller = twoProportionTest(first, second, "smaller").pValue;
  expect(z).toBeLessThan(0);
  expect(larger + smaller).toBeCloseTo(1, 14);
  expect(pValue).toBeCloseTo(2 * smaller, 14);
  expect(twoProportionTest({ count: 5, n: 5 }, { count: 9, n: 9 }).pValue).toBeNaN();
  expect(() => twoProportionTest(first, { count: -1, n: 4 })).toThrow(
    /twoProportionTest: expected/,
  );
});
