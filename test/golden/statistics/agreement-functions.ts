import { cohenKappa } from "../../../src/statistics/cohen-kappa.ts";
import type { Golden, GoldenFunction } from "../functions.ts";

/** How often two raters said each pair of labels. */
function pairs({ a, b, labels }: Golden): number[][] {
  return labels.map((one: unknown) =>
    labels.map(
      (other: unknown) =>
        (a as unknown[]).filter((label, i) => label === one && b[i] === other).length,
    ),
  );
}

/** The functions of agreement.json that we have. */
export const agreementFunctions: Readonly<Record<string, GoldenFunction>> = {
  cohen_kappa: {
    run: (input) => ({ kappa: cohenKappa(pairs(input), { weights: input.weights }).kappa }),
  },
  cohen_kappa_se: {
    run({ table, weights }) {
      const { kappa, standardError, nullStandardError, interval } = cohenKappa(table, { weights });
      return {
        ...{ kappa, se: standardError, se_null: nullStandardError, z: kappa / nullStandardError },
        ...{ ci_low: interval.low, ci_high: interval.high },
      };
    },
  },
};
