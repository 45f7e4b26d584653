import type { EvalSample } from "../eval-task.ts";
import { recordName } from "../log/record-name.ts";

/** A sample in one of its epochs. */
export interface SampleEpoch {
  readonly sample: EvalSample;
  /** Which time the sample is asked, from 1; undefined where each is asked once. */
  readonly epoch: number | undefined;
  /** As `recordName` of its record. */
  readonly name: string;
}

/** What a run asks, one epoch after the other. */
export function* sampleEpochs(
  samples: readonly EvalSample[],
  epochs: number,
): Generator<SampleEpoch> {
  for (let i = 1; i <= epochs; i++) {
    for (const sample of samples) {
      const epoch = epochs === 1 ? undefined : i;
      yield { sample, epoch, name: recordName({ id: sample.id, ...(epoch && { epoch }) }) };
    }
  }
}

/** Which time the same question is asked, from 0. */
export function drawOf({ epoch = 1 }: Pick<SampleEpoch, "epoch">): { readonly draw?: number } {
  return epoch === 1 ? {} : { draw: epoch - 1 };
}
