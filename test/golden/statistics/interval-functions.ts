import {
  type DifferenceMethod,
  proportionDifference,
  twoProportionTest,
} from "../../../src/statistics/proportion-difference.ts";
import {
  type ProportionMethod,
  proportionInterval,
} from "../../../src/statistics/proportion-intervals.ts";
import type { Golden, GoldenFunction } from "../functions.ts";

const methods: Readonly<Record<string, ProportionMethod>> = {
  wilson: "wilson",
  beta: "clopper-pearson",
  jeffreys: "jeffreys",
  agresti_coull: "agresti-coull",
  normal: "wald",
};

const differenceMethods: Readonly<Record<string, DifferenceMethod>> = {
  newcomb: "newcombe",
  "agresti-caffo": "agresti-caffo",
  wald: "wald",
};

function ofOne({ count, nobs, alpha }: Golden, method: ProportionMethod) {
  const { low, high } = proportionInterval(count, nobs, { method, level: 1 - alpha });
  return { low, high };
}

function ofTwo(input: Golden, method: DifferenceMethod) {
  const [first, second] = samples(input);
  const { low, high } = proportionDifference(first, second, { method, level: 1 - input.alpha });
  return { low, high };
}

function samples({ count1, nobs1, count2, nobs2 }: Golden) {
  return [
    { count: count1 as number, n: nobs1 as number },
    { count: count2 as number, n: nobs2 as number },
  ] as const;
}

/** The functions of proportion_intervals.json. */
export const intervalFunctions: Readonly<Record<string, GoldenFunction>> = {
  proportion_ci: { run: (input) => ofOne(input, methods[input.method]!) },
  wilson_continuity: { run: (input) => ofOne(input, "wilson-continuity") },
  difference_ci: { run: (input) => ofTwo(input, differenceMethods[input.method]!) },
  difference_score_ci: { run: (input) => ofTwo(input, "miettinen-nurminen") },
  two_proportion_z_test: {
    run(input) {
      const { z, pValue } = twoProportionTest(...samples(input), input.alternative);
      return { z, p_value: pValue };
    },
  },
};
