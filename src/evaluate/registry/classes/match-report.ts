import { mean } from "../../../statistics/quantile.ts";
import type { EvalReport, SampleOutcome } from "../../eval-task.ts";

/** Half as many samples, without replacement, are drawn for the spread of the accuracy. */
function halfSampleDeviation(values: readonly number[]): number {
  const n = values.length;
  const half = Math.floor(n / 2);
  const p = mean(values);
  return Math.sqrt(((p * (1 - p) * n) / (n - 1) / half) * (1 - half / n));
}

/** The share of right samples, which is not a number when there are none. */
export function accuracyOf(outcomes: readonly SampleOutcome[]): number {
  return mean(matchesOf(outcomes));
}

function matchesOf(outcomes: readonly SampleOutcome[]): number[] {
  return outcomes.flatMap(({ events }) =>
    events.flatMap(({ type, data }) =>
      type === "match" ? [data["correct"] === true ? 1 : 0] : [],
    ),
  );
}

/**
 * Accuracy, and the spread that the framework reports beside it under a misspelt name: what its
 * drawing of half samples gives in the mean.
 */
export function accuracyReport(
  outcomes: readonly SampleOutcome[],
  spread: "boostrap_std" | "bootstrap_std" = "boostrap_std",
): EvalReport {
  const values = matchesOf(outcomes);
  return { accuracy: mean(values), [spread]: halfSampleDeviation(values) };
}

/** The means of the numbers of `metrics` events, by name. */
export function meanMetrics(
  outcomes: readonly SampleOutcome[],
  names: readonly string[],
): EvalReport {
  const rows = outcomes.flatMap(({ events }) => events.filter(({ type }) => type === "metrics"));
  return Object.fromEntries(
    names.map((name) => [name, mean(rows.map(({ data }) => Number(data[name])))]),
  );
}
