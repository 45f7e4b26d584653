import { describe, expect, test } from "vitest";
import { bootstrap, bootstrapFromResamples, type IndexStatistic } from "./bootstrap.ts";
import { mean, median, quantile, standardDeviation } from "./quantile.ts";
import { goldenCases, withoutSharedData } from "./shared-data.fixture.ts";

const pick = (values: readonly number[], indices: readonly number[]): number[] =>
  indices.map((index) => values[index] as number);

function pearson(x: readonly number[], y: readonly number[]): number {
  const [centreX, centreY] = [mean(x), mean(y)];
  const products = x.map((value, index) => (value - centreX) * ((y[index] as number) - centreY));
  return mean(products) / (standardDeviation(x) * standardDeviation(y) * (1 - 1 / x.length));
}

const statistics: Record<string, (x: number[], y: number[]) => number> = {
  mean,
  median,
  variance: (x) => standardDeviation(x) ** 2,
  mean_difference: (x, y) => mean(x) - mean(y),
  ratio_of_means: (x, y) => mean(x) / mean(y),
  pearson,
};

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

  test("a statistic that does not vary has no BCa interval", () => {
    expect(bootstrap(() => 1, 5, { replicates: 50 }).bca).toBeUndefined();
  });

  test("one row is refused", () => {
    expect(() => bootstrap(statistic, 1)).toThrow("bootstrap: expected at least 2 rows, got 1");
  });

  const cases = goldenCases("bootstrap", "bootstrap");
  test.skipIf(cases === undefined)(`golden (${cases?.length ?? withoutSharedData})`, () => {
    for (const { in: input, out } of cases ?? []) {
      const [x, y = []] = input.data as number[][];
      const golden = statistics[input.statistic];
      if (x === undefined || golden === undefined) throw new Error(`unknown ${input.statistic}`);
      const got = bootstrapFromResamples(
        (indices) => golden(pick(x, indices), pick(y, y.length > 0 ? indices : [])),
        input.resample_indices,
        { n: x.length, level: input.confidence },
      );
      const bca = got.bca ?? { low: "NaN", high: "NaN" };
      const pairs: [string, number | string][] = [
        ["estimate", got.estimate],
        ["standard_error", got.standardError],
        ["percentile_low", got.percentile.low],
        ["percentile_high", got.percentile.high],
        ["bca_low", bca.low],
        ["bca_high", bca.high],
      ];
      for (const [key, value] of pairs) {
        if (typeof value === "string") expect(value).toBe(out[key]);
        else
          expect(Math.abs(value - out[key])).toBeLessThanOrEqual(1e-10 + 1e-9 * Math.abs(out[key]));
      }
    }
  });
});
