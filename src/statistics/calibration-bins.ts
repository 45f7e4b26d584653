import { ConfigError } from "../errors.ts";
import { checkEvents, checkLabelled, checkPaired, checkProbabilities } from "./_checks.ts";
import { type BinRule, binRules } from "./bin-rules.ts";
import { mean } from "./quantile.ts";

/** Forecasts that came into one bin. */
export interface CalibrationBin {
  /** Place of the bin among all, from 0. */
  readonly index: number;
  /** Above 0. */
  readonly count: number;
  readonly meanConfidence: number;
  /** The share of the forecast events that happened. */
  readonly accuracy: number;
}

/** Forecasts in bins of their confidence: the points of a reliability diagram. */
export interface CalibrationBins {
  /** Only the bins that have forecasts, by ascending confidence. */
  readonly bins: readonly CalibrationBin[];
  /** Ends of all bins, ascending; those of groups of equal size are their largest confidences. */
  readonly edges: readonly number[];
}

/**
 * Puts forecasts into bins by their confidence.
 *
 * @param confidences - the probability given to each event, such as that the answer is right
 * @param correct - 1 or 0 (true or false): whether it happened
 * @param options - the number of bins, 15 by default, and how they are made
 * @throws {DataError} for lists of different lengths or none, or a confidence outside [0, 1]
 * @throws {ConfigError} when the number of bins is not a whole number above 0
 * @see Guo et al. 2017, arXiv 1706.04599; Nixon et al. 2019, arXiv 1904.01685
 */
export function calibrationBins(
  confidences: readonly number[],
  correct: readonly (number | boolean)[],
  { bins = 15, rule = "right-closed" }: { bins?: number; rule?: BinRule } = {},
): CalibrationBins {
  checkPaired("calibrationBins", confidences, correct);
  checkProbabilities("calibrationBins", confidences);
  checkEvents("calibrationBins", correct);
  if (!(Number.isInteger(bins) && bins > 0)) {
    throw new ConfigError(`calibrationBins: expected a whole number of bins above 0, got ${bins}`);
  }
  const { edges, places } = binRules[rule](confidences, bins);
  const members = new Map<number, number[]>();
  places.forEach((place, item) => {
    const bin = members.get(place);
    if (bin === undefined) members.set(place, [item]);
    else bin.push(item);
  });
  const filled = [...members].sort(([left], [right]) => left - right);
  return {
    edges,
    bins: filled.map(([index, items]) => ({
      index,
      count: items.length,
      meanConfidence: mean(items.map((item) => confidences[item]!)),
      accuracy: mean(items.map((item) => Number(correct[item]!))),
    })),
  };
}

/** How far confidence and accuracy are apart in bins. */
export interface CalibrationError {
  /** ECE: mean over the forecasts of the distance in their bin. */
  readonly expected: number;
  /** Root of the mean square of the same distances. */
  readonly rootMeanSquare: number;
  /** MCE: the largest distance. */
  readonly maximum: number;
}

/**
 * Calibration errors of forecasts in bins. They depend on the bins: say how they were made.
 *
 * @see Naeini, Cooper, Hauskrecht 2015; Kumar, Liang, Ma 2019, arXiv 1909.10155
 */
export function calibrationError({ bins }: CalibrationBins): CalibrationError {
  const n = bins.reduce((total, { count }) => total + count, 0);
  const gaps = bins.map(({ meanConfidence, accuracy }) => Math.abs(meanConfidence - accuracy));
  const weighted = (power: number) =>
    gaps.reduce((total, gap, index) => total + (bins[index]!.count / n) * gap ** power, 0);
  return {
    expected: weighted(1),
    rootMeanSquare: Math.sqrt(weighted(2)),
    maximum: gaps.reduce((most, gap) => Math.max(most, gap), 0),
  };
}

/**
 * The confidence in the likeliest class of each row, the first one of equally likely classes, and
 * whether it is the label.
 *
 * @param rows - [samples, classes] probabilities
 * @param labels - the right class of each sample, from 0
 * @throws {DataError} when rows differ in length, or a label is no class
 */
export function topLabels(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
): { readonly confidences: readonly number[]; readonly correct: readonly boolean[] } {
  checkLabelled("topLabels", rows, labels);
  const confidences = rows.map((row) => row.reduce((most, one) => Math.max(most, one)));
  const correct = rows.map((row, index) => row.indexOf(confidences[index]!) === labels[index]);
  return { confidences, correct };
}
