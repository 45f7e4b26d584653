import type { Dataset } from "../data/dataset.ts";
import type { ModelConfig } from "../model/config.ts";
import { flopsPerImage, flopsPerSequence } from "../model/counts.ts";

/**
 * Training FLOPs of a sequence of a data set's mix: exact for its text, and for its images the mean
 * over the mix, which is known before the run and which the training order keeps to.
 */
export function meanSequenceFlops(
  { model, seqLen }: { readonly model: ModelConfig; readonly seqLen: number },
  dataset: Pick<Dataset, "imageLoads">,
): number {
  const text = flopsPerSequence(model, seqLen).total;
  if (model.vision === undefined) return text;
  return dataset
    .imageLoads(seqLen)
    .reduce(
      (sum, { grid, perSequence }) => sum + perSequence * flopsPerImage(model, grid).total,
      text,
    );
}
