import type { BinRule } from "../../../src/statistics/bin-rules.ts";
import {
  calibrationBins,
  calibrationError,
  topLabels,
} from "../../../src/statistics/calibration-bins.ts";
import {
  binaryBrierScore,
  brierScore,
  logLoss,
} from "../../../src/statistics/probability-scores.ts";
import { fitTemperature } from "../../../src/statistics/temperature-scaling.ts";
import type { Golden, GoldenFunction } from "../functions.ts";

function binned({ confidence, correct, bins }: Golden, rule: BinRule) {
  const found = calibrationBins(confidence, correct, { bins, rule });
  return { ...found, error: calibrationError(found) };
}

function reliability(input: Golden) {
  const rule = input.strategy === "uniform" ? "right-closed-steps" : "quantiles-right-closed";
  const { bins, edges } = binned(input, rule);
  return {
    edges,
    bin_index: bins.map(({ index }) => index),
    count: bins.map(({ count }) => count),
    mean_confidence: bins.map(({ meanConfidence }) => meanConfidence),
    accuracy: bins.map(({ accuracy }) => accuracy),
  };
}

function temperature({ logits, labels }: Golden) {
  const fit = fitTemperature(logits, labels);
  if (fit.optimum !== "finite") {
    const status = `temperature-to-${fit.optimum}`;
    return { status, nll_before: fit.lossBefore, nll_limit: fit.lossAfter };
  }
  return {
    ...{ status: "optimum", temperature: fit.temperature, curvature_in_beta: fit.curvature },
    ...{ nll_before: fit.lossBefore, nll_after: fit.lossAfter },
  };
}

/** The functions of calibration.json. */
export const calibrationFunctions: Readonly<Record<string, GoldenFunction>> = {
  ece_right_closed: { run: (input) => ({ ece: binned(input, "right-closed").error.expected }) },
  ece_left_closed: {
    run(input) {
      const { expected, maximum } = binned(input, "left-closed").error;
      return { ece: expected, mce: maximum };
    },
  },
  ece_torchmetrics: {
    run(input) {
      const { error, edges } = binned(input, "left-closed-one-apart");
      return { l1: error.expected, l2: error.rootMeanSquare, max: error.maximum, edges };
    },
  },
  ece_equal_mass: {
    run(input) {
      const { error, edges } = binned(input, "equal-mass");
      return { ece: error.expected, bin_upper_edges: edges.slice(1) };
    },
  },
  ece_quantile_edges: {
    run: (input) => ({ ece: binned(input, "quantiles-left-closed").error.expected }),
  },
  ece_sorted_groups: {
    run(input) {
      const { error, bins } = binned(input, "equal-groups");
      return { ece: error.expected, group_sizes: bins.map(({ count }) => count) };
    },
  },
  ece_top_label: {
    run({ probabilities, labels, bins }) {
      const { confidences, correct } = topLabels(probabilities, labels);
      const input = { confidence: confidences, correct, bins };
      return { ece: binned(input, "right-closed").error.expected };
    },
  },
  reliability_bins: { run: reliability },
  brier_binary: {
    run: ({ confidence, correct }) => ({ brier: binaryBrierScore(confidence, correct) }),
  },
  brier_multiclass: {
    run: ({ probabilities, labels }) => ({ brier: brierScore(probabilities, labels) }),
  },
  log_loss: { run: ({ probabilities, labels }) => ({ log_loss: logLoss(probabilities, labels) }) },
  temperature_scaling: {
    run: temperature,
    // The file's curvature is a difference quotient; with logits of 10,000 it has 5 digits:
    // 0.360662857 where 50 digits give 0.360670681 (temperature-scaling.test.ts).
    tolerances: (_out, kind) =>
      kind === "large-logits" ? { curvature_in_beta: { abs: 0, rel: 3e-5 } } : {},
  },
};
