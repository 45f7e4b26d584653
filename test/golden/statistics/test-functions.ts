import { clusteredMean, meanEstimate } from "../../../src/statistics/intervals.ts";
import { mcnemarTest } from "../../../src/statistics/mcnemar.ts";
import { type Correction, correctTests } from "../../../src/statistics/multiple-tests.ts";
import type { Alternative } from "../../../src/statistics/p-value.ts";
import { pairedTTest } from "../../../src/statistics/paired-t.ts";
import { signedRankTest } from "../../../src/statistics/signed-rank.ts";
import type { Golden, GoldenFunction } from "../functions.ts";

const alternatives: Readonly<Record<string, Alternative>> = {
  "two-sided": "two-sided",
  greater: "larger",
  less: "smaller",
};

const zeros = { wilcox: "drop", pratt: "rank-and-drop", zsplit: "split" } as const;

function mcnemar({ b, c }: Golden) {
  const { statistic, exactP, midP, chiSquared, corrected } = mcnemarTest(b, c);
  return {
    ...{ exact_statistic: statistic, exact_p: exactP, mid_p: midP },
    ...(chiSquared && { chi2: chiSquared.statistic, chi2_p: chiSquared.pValue }),
    ...(corrected && {
      chi2_corrected: corrected.statistic,
      chi2_corrected_p: corrected.pValue,
    }),
  };
}

function pairedT({ x, y, alternative, alpha }: Golden) {
  const { t, df, pValue, meanDifference, interval } = pairedTTest(x, y, {
    alternative: alternatives[alternative]!,
    level: 1 - alpha,
  });
  return {
    ...{ t, df, p_value: pValue, mean_difference: meanDifference },
    ...{ ci_low: interval.low, ci_high: interval.high },
  };
}

function signedRank({ d, zero_method, correction, alternative, method }: Golden) {
  const { statistic, pValue, z } = signedRankTest(d, {
    alternative: alternatives[alternative]!,
    zeros: zeros[zero_method as keyof typeof zeros],
    method,
    hasContinuityCorrection: correction,
  });
  return { statistic, p_value: pValue, ...(z !== undefined && { z }) };
}

function clustered({ values, clusters }: Golden) {
  const ends = (correction: "cr0" | "cr1", quantiles: "student" | "normal") => {
    const { interval } = clusteredMean(values, clusters, { correction, quantiles });
    const name = `${correction}_${quantiles === "student" ? "t" : "z"}_ci`;
    return { [`${name}_low`]: interval.low, [`${name}_high`]: interval.high };
  };
  const cr1 = clusteredMean(values, clusters);
  return {
    ...{ mean: cr1.mean, df: cr1.clusters - 1, cr1_se: cr1.standardError },
    cr0_se: clusteredMean(values, clusters, { correction: "cr0" }).standardError,
    naive_se: meanEstimate(values).standardError,
    ...{ ...ends("cr1", "student"), ...ends("cr1", "normal") },
    ...{ ...ends("cr0", "student"), ...ends("cr0", "normal") },
  };
}

/** The functions of paired_tests.json. */
export const testFunctions: Readonly<Record<string, GoldenFunction>> = {
  mcnemar: { run: mcnemar },
  paired_t: { run: pairedT },
  wilcoxon_signed_rank: { run: signedRank },
  clustered_mean: { run: clustered },
  multiple_tests: {
    run({ p_values, alpha, method }) {
      const correction = method.replace("_", "-") as Correction;
      const { adjusted, isRejected } = correctTests(p_values, { alpha, correction });
      return { adjusted, reject: isRejected };
    },
  },
};
