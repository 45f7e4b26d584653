import { ConfigError } from "../errors.ts";
import { checkEvents, checkForecasts, checkPaired, checkProbabilities } from "./_checks.ts";
import { mean } from "./quantile.ts";

/**
 * Brier score of forecasts of binary events: the mean of (p - y)², from 0 to 1.
 *
 * @param probabilities - of each event
 * @param happened - 1 or 0 (true or false) for each event
 * @throws {DataError} for lists of different lengths or none, or probabilities outside [0, 1]
 * @see Brier 1950
 */
export function binaryBrierScore(
  probabilities: readonly number[],
  happened: readonly (number | boolean)[],
): number {
  checkPaired("binaryBrierScore", probabilities, happened);
  checkProbabilities("binaryBrierScore", probabilities);
  checkEvents("binaryBrierScore", happened);
  return mean(probabilities.map((p, index) => (p - Number(happened[index])) ** 2));
}

/**
 * Brier score of forecasts over classes: the mean over samples of the sum over classes of
 * (p - y)², from 0 to 2; for two classes twice the binary score.
 *
 * @param rows - [samples, classes] probabilities
 * @param labels - the right class of each sample, from 0
 * @throws {DataError} when rows differ in length or are no distributions, or a label is no class
 * @see Brier 1950
 */
export function brierScore(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
): number {
  checkForecasts("brierScore", rows, labels);
  return mean(
    rows.map((row, index) =>
      row.reduce((all, p, place) => all + (p - (place === labels[index] ? 1 : 0)) ** 2, 0),
    ),
  );
}

/**
 * Mean of -ln p(label) in nats.
 *
 * @param rows - [samples, classes] probabilities
 * @param labels - the right class of each sample, from 0
 * @param clip - probabilities are kept this far from 0 and 1, so that one wrong certainty is not
 *   infinite; 2^-52 as scikit-learn, 0 for the plain definition
 * @throws {DataError} as `brierScore`
 * @throws {ConfigError} when `clip` is not in [0, 1/2)
 */
export function logLoss(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  { clip = 2 ** -52 } = {},
): number {
  checkForecasts("logLoss", rows, labels);
  if (!(clip >= 0 && clip < 0.5)) {
    throw new ConfigError(`logLoss: expected clip in [0, 1/2), got ${clip}`);
  }
  const kept = rows.map((row, index) => Math.min(1 - clip, Math.max(clip, row[labels[index]!]!)));
  return mean(kept.map((p) => 0 - Math.log(p)));
}
