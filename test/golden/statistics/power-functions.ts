import { mcnemarPower, mcnemarSize } from "../../../src/statistics/mcnemar-power.ts";
import {
  pairedNormalSize,
  pairedTPower,
  pairedTSize,
  varianceOfDifference,
} from "../../../src/statistics/paired-power.ts";
import {
  cohenH,
  twoProportionPower,
  twoProportionSize,
} from "../../../src/statistics/two-proportion-power.ts";
import type { Golden, GoldenFunction } from "../functions.ts";

type Approximation = "cohen" | "pooled";

function rates({ p1, p2 }: Golden): { first: number; second: number } {
  return { first: p1, second: p2 };
}

function powerWith(approximation: Approximation): GoldenFunction {
  return {
    run(input) {
      const { nobs1, alpha, ratio, alternative } = input;
      const test = { alpha, ratio, alternative, approximation };
      const power = twoProportionPower(rates(input), nobs1, test);
      return { power, ...(approximation === "cohen" && { effect_size_h: cohenH(rates(input)) }) };
    },
  };
}

function sizeWith(approximation: Approximation): GoldenFunction {
  return {
    run(input) {
      const { power, alpha, ratio, alternative } = input;
      const test = { alpha, ratio, alternative, approximation };
      const nobs1 = twoProportionSize(rates(input), power, test);
      return { nobs1, ...(approximation === "cohen" && { effect_size_h: cohenH(rates(input)) }) };
    },
  };
}

/** The functions of power_betabinom.json that concern power. */
export const powerFunctions: Readonly<Record<string, GoldenFunction>> = {
  power_two_prop_cohen_h: powerWith("cohen"),
  nobs_two_prop_cohen_h: sizeWith("cohen"),
  power_two_prop_pooled: powerWith("pooled"),
  nobs_two_prop_pooled: sizeWith("pooled"),
  power_paired_t: {
    run: ({ effect_size, nobs, alpha, alternative }) => ({
      power: pairedTPower(effect_size, nobs, { alpha, alternative }),
    }),
  },
  nobs_paired_t: {
    run: ({ effect_size, power, alpha, alternative }) => ({
      nobs: pairedTSize(effect_size, power, { alpha, alternative }),
    }),
  },
  nobs_paired_normal: {
    run({ var_x, var_y, corr, delta, alpha, power }) {
      const spread = { first: var_x, second: var_y, correlation: corr };
      return {
        variance_of_difference: varianceOfDifference(spread),
        nobs: pairedNormalSize(spread, delta, { alpha, power }),
      };
    },
  },
  mcnemar_power_exact: {
    run({ pairs, p10, p01, alpha }) {
      const power = mcnemarPower({ onlyFirst: p10, onlySecond: p01 }, pairs, alpha);
      return { power_exact: power.exact, power_mid_p: power.midP };
    },
  },
  mcnemar_nobs_connor: {
    run: ({ p10, p01, alpha, power }) => ({
      pairs: mcnemarSize({ onlyFirst: p10, onlySecond: p01 }, { alpha, power }),
    }),
  },
};
