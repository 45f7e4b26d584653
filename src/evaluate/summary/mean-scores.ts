import { mean } from "../../statistics/quantile.ts";
import type { EvalReport, SampleOutcome } from "../eval-task.ts";

/**
 * The mean of each score over the samples that have a value of it; not a number where none has.
 *
 * @param names - of the scores; those that the samples have when left out
 */
export function meanScores(
  outcomes: readonly SampleOutcome[],
  names: Iterable<string> = new Set(outcomes.flatMap(({ scores }) => Object.keys(scores))),
): EvalReport {
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      mean(outcomes.flatMap(({ scores }) => scores[name]?.value ?? [])),
    ]),
  );
}
