import { expect, test } from "vitest";
import { signedRankTest } from "./signed-rank.ts";

const differences = [0.5, -1.2, 2.2, 3.1, -0.3, 1.9, 4.5, 2.6];

/** Share of all signs of the ranks 1…n whose positive sum is at least this. */
function enumerated(n: number, plus: number): number {
  let extreme = 0;
  for (let signs = 0; signs < 2 ** n; signs++) {
    let sum = 0;
    for (let rank = 1; rank <= n; rank++) sum += signs & (1 << (rank - 1)) ? rank : 0;
    if (sum >= plus) extreme++;
  }
  return extreme / 2 ** n;
}

test("the exact p-value is the share of signs that are as far out", () => {
  // Sizes rank as 0.3, 0.5, 1.2, …: the negative ones have ranks 1 and 3.
  const larger = signedRankTest(differences, { alternative: "larger" });
  expect(larger.statistic).toBe(36 - 4);
  expect(larger.pValue).toBeCloseTo(enumerated(8, 32), 14);
  expect(larger.z).toBeUndefined();
  const both = signedRankTest(differences);
  expect(both.statistic).toBe(4);
  expect(both.pValue).toBeCloseTo(2 * larger.pValue, 14);
});

test("the other sign gives the other side", () => {
  const turned = differences.map((one) => -one);
  for (const method of ["exact", "asymptotic"] as const) {
    expect(signedRankTest(turned, { method })).toEqual(signedRankTest(differences, { method }));
    const smaller = signedRankTest(turned, { method, alternative: "smaller" }).pValue;
    const larger = signedRankTest(differences, { method, alternative: "larger" }).pValue;
    expect(smaller).toBeCloseTo(larger, 14);
  }
});

test("the approximation is near the exact test for 40 differences", () => {
  const many = Array.from({ length: 40 }, (_, index) => (index + 1) * (index % 3 === 0 ? -1 : 1));
  const exact = signedRankTest(many, { method: "exact" }).pValue;
  const options = { method: "asymptotic", hasContinuityCorrection: true } as const;
  expect(signedRankTest(many, options).pValue).toBeCloseTo(exact, 3);
});

test("zeros and ties need the approximation; without any difference there is no p-value", () => {
  expect(() => signedRankTest([1, 0, 2], { method: "exact" })).toThrow(/use the asymptotic/);
  expect(() => signedRankTest([1, -1, 2], { method: "exact" })).toThrow(/use the asymptotic/);
  expect(signedRankTest([1, -1, 2]).z).toBeDefined();
  for (const zeros of ["drop", "rank-and-drop", "split"] as const) {
    expect(signedRankTest([0, 0], { zeros, method: "asymptotic" }).statistic).toBe(
      zeros === "split" ? 1.5 : 0,
    );
  }
  expect(signedRankTest([0, 0]).pValue).toBeNaN();
  expect(() => signedRankTest([])).toThrow("expected at least 1 values, got 0");
  expect(() => signedRankTest([Infinity])).toThrow("got Infinity at index 0");
});
