import { checkLabelled, checkNumbers } from "./_checks.ts";
import { bisect } from "./bisect.ts";
import { mean } from "./quantile.ts";

/** The temperature that calibrates logits best, where there is one. */
export type TemperatureFit = {
  /** Mean -ln p(label) in nats at temperature 1. */
  readonly lossBefore: number;
  /** The lowest one; of `zero` and `infinity` what it falls to. */
  readonly lossAfter: number;
} & (
  | {
      readonly optimum: "finite";
      readonly temperature: number;
      /** Second derivative of the loss by 1 / temperature: how sharp the optimum is. */
      readonly curvature: number;
    }
  /**
   * `zero`: every label has the largest logit, colder is always better. `infinity`: labels have on
   * average no larger logits than the other classes, nothing is better than equal probabilities.
   */
  | { readonly optimum: "zero" | "infinity" }
);

/**
 * Temperature scaling: the T at which softmax(logits / T) has the lowest mean -ln p(label).
 *
 * The loss is convex in 1 / T, so its slope is bisected.
 *
 * @param rows - [samples, classes] logits
 * @param labels - the right class of each sample, from 0
 * @throws {DataError} when rows differ in length, a logit is not finite, or a label is no class
 * @see Guo et al. 2017, arXiv 1706.04599, section 4.2
 */
export function fitTemperature(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
): TemperatureFit {
  checkLabelled("fitTemperature", rows, labels);
  for (const row of rows) checkNumbers("fitTemperature", row);
  // Logits less that of the label: the loss is the logarithm of the sum of their exponentials.
  const excesses = rows.map((row, index) => row.map((logit) => logit - row[labels[index]!]!));
  const at = (inverse: number) => excesses.map((row) => moments(row, inverse));
  const slope = (inverse: number) => mean(at(inverse).map((one) => one.mean));
  const lossBefore = mean(at(1).map(({ loss }) => loss));
  if (excesses.every((row) => row.every((excess) => excess <= 0))) {
    const ties = excesses.map((row) => row.filter((excess) => excess === 0).length);
    return { optimum: "zero", lossBefore, lossAfter: mean(ties.map(Math.log)) };
  }
  if (slope(0) >= 0) {
    return { optimum: "infinity", lossBefore, lossAfter: Math.log(rows[0]!.length) };
  }
  const logInverse = bisect((log) => slope(Math.exp(log)) < 0, [-700, 700]);
  const inverse = Math.exp(logInverse);
  return {
    optimum: "finite",
    temperature: Math.exp(-logInverse),
    ...{ lossBefore, lossAfter: mean(at(inverse).map(({ loss }) => loss)) },
    curvature: mean(excesses.map((row) => varianceOf(row, inverse))),
  };
}

/** ln sum exp(inverse * x), with the mean of x under the probabilities that it makes. */
function moments(row: readonly number[], inverse: number) {
  const largest = row.reduce((most, one) => Math.max(most, one));
  const weights = row.map((x) => Math.exp(inverse * (x - largest)));
  const total = weights.reduce((all, weight) => all + weight, 0);
  const mean = weights.reduce((all, weight, index) => all + weight * row[index]!, 0) / total;
  return { loss: inverse * largest + Math.log(total), mean, weights, total };
}

/** Variance of x under the same probabilities. */
function varianceOf(row: readonly number[], inverse: number): number {
  const { mean: centre, weights, total } = moments(row, inverse);
  return row.reduce((all, x, index) => all + weights[index]! * (x - centre) ** 2, 0) / total;
}
