import { expect, test } from "vitest";
import { mcnemarTest } from "./mcnemar.ts";
import { mcnemarPower, mcnemarSize } from "./mcnemar-power.ts";

/** Sum over all outcomes that are as far out as the smaller count, by enumeration of the coins. */
function enumerated(smaller: number, discordant: number): number {
  let extreme = 0;
  for (let sides = 0; sides < 2 ** discordant; sides++) {
    const heads = sides.toString(2).replaceAll("0", "").length;
    if (Math.min(heads, discordant - heads) <= smaller) extreme++;
  }
  return extreme / 2 ** discordant;
}

test("the exact p-value is the share of equally likely outcomes that are as uneven", () => {
  for (const [b, c] of [
    [1, 6],
    [4, 4],
    [0, 9],
    [5, 3],
  ] as const) {
    expect(mcnemarTest(b, c).exactP).toBeCloseTo(enumerated(Math.min(b, c), b + c), 13);
    expect(mcnemarTest(c, b)).toEqual(mcnemarTest(b, c));
    expect(mcnemarTest(b, c).midP).toBeLessThanOrEqual(mcnemarTest(b, c).exactP);
  }
});

test("for many questions all variants agree; without a discordant one nothing is found", () => {
  const { exactP, midP, chiSquared, corrected } = mcnemarTest(50_300, 49_700);
  expect(midP).toBeCloseTo(chiSquared!.pValue, 5);
  expect(exactP).toBeCloseTo(corrected!.pValue, 5);
  expect(mcnemarTest(0, 0)).toEqual({
    ...{ statistic: 0, exactP: 1, midP: 1 },
    ...{ chiSquared: undefined, corrected: undefined },
  });
  expect(() => mcnemarTest(-1, 2)).toThrow("expected whole counts of 0 or more, got -1 and 2");
  expect(() => mcnemarTest(1.5, 2)).toThrow("got 1.5 and 2");
});

test("the power under the null hypothesis is at most alpha for the exact test, near it for mid-p", () => {
  const { exact, midP } = mcnemarPower({ onlyFirst: 0.15, onlySecond: 0.15 }, 300);
  expect(exact).toBeLessThanOrEqual(0.05);
  expect(midP).toBeGreaterThan(exact);
  expect(Math.abs(midP - 0.05)).toBeLessThan(0.005);
});

test("the power is a sum over all tables of the questions", () => {
  const [pairs, p10, p01] = [12, 0.5, 0.1];
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  let exact = 0;
  for (let b = 0; b <= pairs; b++) {
    for (let c = 0; b + c <= pairs; c++) {
      const ways = factorial(pairs) / factorial(b) / factorial(c) / factorial(pairs - b - c);
      const probability = ways * p10 ** b * p01 ** c * (1 - p10 - p01) ** (pairs - b - c);
      if (mcnemarTest(b, c).exactP <= 0.05) exact += probability;
    }
  }
  const power = mcnemarPower({ onlyFirst: p10, onlySecond: p01 }, pairs);
  expect(power.exact).toBeCloseTo(exact, 12);
});

test("Connor's size is near what the mid-p test needs, and settings are checked", () => {
  const discordance = { onlyFirst: 0.16, onlySecond: 0.08 };
  const pairs = Math.ceil(mcnemarSize(discordance));
  expect(mcnemarPower(discordance, pairs).midP).toBeCloseTo(0.8, 1);
  expect(mcnemarPower({ onlyFirst: 0, onlySecond: 0 }, 10).exact).toBe(0);
  expect(() => mcnemarPower({ onlyFirst: 0.6, onlySecond: 0.6 }, 10)).toThrow(/sum of at most 1/);
  expect(() => mcnemarPower({ onlyFirst: -0.1, onlySecond: 0.6 }, 10)).toThrow(/in \[0, 1\]/);
  expect(() => mcnemarPower(discordance, 0)).toThrow(/pairs above 0, got 0/);
  expect(() => mcnemarSize({ onlyFirst: 0.1, onlySecond: 0.1 })).toThrow(
    /no sample is large enough/,
  );
});
