import { ConfigError, DataError } from "../errors.ts";
import { checkEvents, checkNumbers, checkPaired, checkProbabilities } from "./_checks.ts";
import { sum } from "./sum.ts";

/** McFadden's R²: the share of the null model's log likelihood that a model explains. */
export interface McFadden {
  readonly rSquared: number;
  /** The same less the number of parameters; may be below 0. */
  readonly adjusted: number;
}

/**
 * McFadden's pseudo R² from the log likelihoods of a model and of the null model, in nats.
 *
 * @throws {DataError} when a log likelihood is not finite, or the null model's is not below 0
 * @throws {ConfigError} when the number of parameters is negative
 * @see McFadden 1974, "Conditional logit analysis of qualitative choice behavior"
 */
export function mcFadden(model: number, nullModel: number, parameters = 0): McFadden {
  checkNumbers("mcFadden", [model, nullModel]);
  if (nullModel >= 0) {
    throw new DataError(`mcFadden: expected a null log likelihood below 0, got ${nullModel}`);
  }
  if (!(parameters >= 0)) {
    throw new ConfigError(`mcFadden: expected 0 parameters or more, got ${parameters}`);
  }
  const rSquared = (nullModel - model) / nullModel;
  return { rSquared, adjusted: (nullModel - (model - parameters)) / nullModel };
}

/** McFadden's R² of probabilities of binary events, with the log likelihoods that it is made of. */
export interface BinaryMcFadden {
  readonly model: number;
  /** Of one rate for all events: the share of those that happened. */
  readonly nullModel: number;
  readonly rSquared: number;
}

/**
 * McFadden's R² of forecast probabilities against their constant mean rate.
 *
 * @param probabilities - of each event
 * @param happened - 1 or 0 (true or false) for each event
 * @returns -Infinity when a forecast of 0 or 1 was wrong
 * @throws {DataError} for lists of different lengths or none, probabilities outside [0, 1], or
 *   events that all happened or all did not
 */
export function binaryMcFadden(
  probabilities: readonly number[],
  happened: readonly (number | boolean)[],
): BinaryMcFadden {
  checkPaired("binaryMcFadden", probabilities, happened);
  checkProbabilities("binaryMcFadden", probabilities);
  checkEvents("binaryMcFadden", happened);
  const n = happened.length;
  const count = happened.filter(Boolean).length;
  if (count === 0 || count === n) {
    throw new DataError(
      `binaryMcFadden: expected events that happened and events that did not, got ${count} of ${n}`,
    );
  }
  const model = sum(probabilities.map((p, i) => (happened[i] ? Math.log(p) : Math.log1p(-p))));
  const nullModel = count * Math.log(count / n) + (n - count) * Math.log((n - count) / n);
  return { model, nullModel, rSquared: (nullModel - model) / nullModel };
}
