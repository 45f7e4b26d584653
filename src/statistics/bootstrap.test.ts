import { describe, expect, test } from "vitest";
import { bootstrap, type IndexStatistic } from "./bootstrap.ts";
import { mean, median, quantile, standardDeviation } from "./quantile.ts";

const pick = (values: readonly number[], indices: readonly number[]): number[] =>
  indices.map((index) => values[index] as number);

test("quantile of type 7, median, and the empty list", () => {
  expect(quantile([1, 2, 4], 0.75)).toBe(3);
  expect(quantile([5], 0.3)).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
  expect(standardDeviation([1])).toBeNaN();
});

describe("bootstrap", () => {
  const values = [0.2, 1.4, 0.9, 3.3, 2.1, 1.1, 0.4, 2.8];
  const statistic: IndexStatistic = (indices) => mean(pick(values, indices));

  test("the same seed gives the same interval, another seed another", () => {
    const one = bootstrap(statistic, values.length, { seed: 3, replicates: 200 });
    expect(bootstrap(statistic, values.length, { seed: 3, replicates: 200 })).toEqual(one);
    expect(bootstrap(statistic, values.length, { seed: 4, replicates: 200 })).not.toEqual(one);
  });

  test("the standard error of a mean is near its formula", () => {
    const { standardError } = bootstrap(statistic, values.length, { replicates: 4000 });
    const formula = standardDeviation(values) / Math.sqrt(values.length);
    // The plug-in variance divides by n, not n - 1; 4,000 replicates add about 1 %.
    expect(standardError / (formula * Math.sqrt(7 / 8))).toBeCloseTo(1, 1);
  });

  test("the basic interval mirrors the percentile one; BCa ends are quantiles of the replicates", () => {
    const found = bootstrap(statistic, values.length, { seed: 1 });
    const { estimate, basic, percentile, bca } = found;
    expect(basic.low + percentile.high).toBeCloseTo(2 * estimate, 13);
    expect(basic.high + percentile.low).toBeCloseTo(2 * estimate, 13);
    expect(bca!.shares[0]).toBeLessThan(bca!.shares[1]);
    // These values have a longer tail above: the interval is moved up.
    expect(found.acceleration).toBeGreaterThan(0);
    expect(bca!.low).toBeGreaterThan(percentile.low);
  });

  test("a statistic that does not vary has no BCa interval", () => {
    expect(bootstrap(() => 1, 5, { replicates: 50 }).bca).toBeUndefined();
  });

  test("one row is refused", () => {
    expect(() => bootstrap(statistic, 1)).toThrow("bootstrap: expected at least 2 rows, got 1");
  });
});
