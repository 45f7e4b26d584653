import { elementCount } from "../tensor/dtype.ts";
import type { ModelConfig } from "./config.ts";
import { parameterSpecs } from "./parameters.ts";

/** A decoder small enough to run in milliseconds, with every part in use. */
export const tinyConfig: ModelConfig = {
  vocabSize: 11,
  embedDim: 8,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  mlpDim: 12,
  maxSeqLen: 16,
  ropeTheta: 100,
  rmsNormEps: 1e-5,
};

/** Values for all parameters, large enough that attention is far from uniform. */
export function parameterValues(config: ModelConfig): Record<string, number[]> {
  return Object.fromEntries(
    parameterSpecs(config).map(({ name, shape }, index) => [
      name,
      Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(1 + i * 1.7 + index * 0.37)),
    ]),
  );
}

/** [sequence][time] as a program reads it: row = time * batch + sequence. */
export function timeMajor(sequences: readonly (readonly number[])[]): number[] {
  return sequences[0]!.flatMap((_, time) => sequences.map((sequence) => sequence[time]!));
}

/** Rows [time * batch] of `width` numbers as one list for each sequence. */
export function bySequence(rows: readonly number[], batch: number, width = 1): number[][] {
  return Array.from({ length: batch }, (_, sequence) =>
    rows.filter((_, index) => Math.floor(index / width) % batch === sequence),
  );
}
