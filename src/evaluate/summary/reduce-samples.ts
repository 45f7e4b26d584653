import type { SourcedSample } from "../eval-task.ts";
import { groupBy } from "../group-by.ts";
import type { SampleRecord } from "../log/sample-record.ts";
import type { Reducer, ScoredValue } from "./reducer.ts";

/** What a sample's scores of one name come to, over all times that it was asked. */
export interface ReducedSample extends SourcedSample {
  /** Null: unscored. */
  readonly value: number | null;
}

/**
 * A score sample by sample, in the order in which they first come, of the samples that have it or
 * failed.
 */
export function reduceSamples(
  records: readonly SampleRecord[],
  score: string,
  reducer: Reducer,
): ReducedSample[] {
  return [...groupBy(records, ({ id }) => id)].flatMap(([id, ofSample]) => {
    const isMeant = ofSample.some(({ scores, error }) => score in scores || error !== undefined);
    if (!isMeant) return []; // a score of other samples, such as of another task
    const scored = ofSample.flatMap(({ scores }) => {
      const found = scores[score];
      return typeof found?.value === "number" ? [found as ScoredValue] : [];
    });
    const value = scored.length === 0 ? null : reducer.reduce(scored);
    return [{ id, cluster: ofSample[0]!.cluster, value }];
  });
}
