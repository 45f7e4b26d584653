import { bootstrapFromResamples } from "../../../src/statistics/bootstrap.ts";
import { mean, median, standardDeviation } from "../../../src/statistics/quantile.ts";
import type { Golden, GoldenFunction } from "../functions.ts";

function pick(values: readonly number[], indices: readonly number[]): number[] {
  return indices.map((index) => values[index]!);
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const [centreX, centreY] = [mean(x), mean(y)];
  const products = x.map((value, i) => (value - centreX) * (y[i]! - centreY));
  return mean(products) / (standardDeviation(x) * standardDeviation(y) * (1 - 1 / x.length));
}

const statistics: Readonly<Record<string, (x: number[], y: number[]) => number>> = {
  mean,
  median,
  variance: (x) => standardDeviation(x) ** 2,
  mean_difference: (x, y) => mean(x) - mean(y),
  ratio_of_means: (x, y) => mean(x) / mean(y),
  pearson,
};

function bootstrapped({ data, statistic, confidence, resample_indices }: Golden) {
  const [x, y = []] = data as number[][];
  const found = bootstrapFromResamples(
    (indices) => statistics[statistic]!(pick(x!, indices), pick(y, y.length > 0 ? indices : [])),
    resample_indices,
    { n: x!.length, level: confidence },
  );
  const { percentile, basic, bca } = found;
  const [low, high] = bca?.shares ?? [Number.NaN, Number.NaN];
  return {
    ...{ estimate: found.estimate, standard_error: found.standardError },
    ...{ count_less: found.below, count_equal: found.equal },
    ...{ percentile_low: percentile.low, percentile_high: percentile.high },
    ...{ basic_low: basic.low, basic_high: basic.high },
    ...{ bca_low: bca?.low ?? Number.NaN, bca_high: bca?.high ?? Number.NaN },
    ...{ z0: found.bias, acceleration: found.acceleration, alpha_1: low, alpha_2: high },
  };
}

/** The functions of bootstrap.json. */
export const bootstrapFunctions: Readonly<Record<string, GoldenFunction>> = {
  bootstrap: { run: bootstrapped },
};
