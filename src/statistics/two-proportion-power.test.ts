import { describe, expect, test } from "vitest";
import { twoProportionTest } from "./proportion-difference.ts";
import { Random } from "./random.ts";
import { twoProportionPower, twoProportionSize } from "./two-proportion-power.ts";

const rates = { first: 0.62, second: 0.5 };

describe.each(["cohen", "pooled"] as const)("%s", (approximation) => {
  test("the size, rounded up, reaches the power, and one trial less does not", () => {
    for (const power of [0.5, 0.8, 0.99]) {
      for (const ratio of [0.5, 1, 3]) {
        for (const alternative of ["two-sided", "larger"] as const) {
          const test = { approximation, ratio, alternative };
          const size = Math.ceil(twoProportionSize(rates, power, test));
          expect(twoProportionPower(rates, size, test)).toBeGreaterThanOrEqual(power);
          expect(twoProportionPower(rates, size - 1, test)).toBeLessThan(power);
        }
      }
    }
  });

  test("equal rates are rejected at alpha; power does not depend on the order of the rates", () => {
    const equal = { first: 0.3, second: 0.3 };
    expect(twoProportionPower(equal, 80, { approximation, alpha: 0.02 })).toBeCloseTo(0.02, 12);
    const turned = { first: rates.second, second: rates.first };
    const power = twoProportionPower(rates, 90, { approximation });
    expect(twoProportionPower(turned, 90, { approximation })).toBeCloseTo(power, 12);
    const smaller = twoProportionPower(turned, 90, { approximation, alternative: "smaller" });
    const larger = twoProportionPower(rates, 90, { approximation, alternative: "larger" });
    expect(smaller).toBeCloseTo(larger, 12);
  });
});

test("the pooled power is the share of simulated samples that the test rejects", () => {
  const random = new Random(4);
  const [rounds, n] = [2000, 200];
  const draw = (rate: number) => {
    let count = 0;
    for (let trial = 0; trial < n; trial++) count += random.uniform() < rate ? 1 : 0;
    return { count, n };
  };
  let rejected = 0;
  for (let round = 0; round < rounds; round++) {
    if (twoProportionTest(draw(rates.first), draw(rates.second)).pValue <= 0.05) rejected++;
  }
  const power = twoProportionPower(rates, n, { approximation: "pooled" });
  // Three standard errors, and the error of the normal approximation.
  expect(Math.abs(rejected / rounds - power)).toBeLessThan(0.034 + 0.01);
});

test("what no size can show, and settings outside their ranges, are refused", () => {
  const turned = { first: 0.5, second: 0.62 };
  expect(() => twoProportionSize(turned, 0.8, { alternative: "larger" })).toThrow(
    /an effect that the larger alternative finds, got -0.12.*; no sample is large enough/,
  );
  expect(() => twoProportionSize(rates, 0.04)).toThrow(
    "expected a power above alpha 0.05, got 0.04",
  );
  expect(() => twoProportionSize(rates, 1)).toThrow("expected power between 0 and 1, got 1");
  expect(() => twoProportionSize({ first: 1.2, second: 0.5 }, 0.8)).toThrow(/in \[0, 1\], got 1.2/);
  expect(() => twoProportionPower(rates, 0)).toThrow("expected size above 0, got 0");
  expect(() => twoProportionPower(rates, 10, { ratio: -1 })).toThrow(
    "expected ratio above 0, got -1",
  );
});
