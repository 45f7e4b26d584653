/** What the training benchmark measures: an engine that runs whole optimizer steps of a decoder. */
import type { ModelConfig } from "../src/model/config.ts";

/** One measured shape: the model, its batch and the batch's tokens. */
export interface TrainShape {
  /** layers/width/context/batch. */
  readonly name: string;
  readonly model: ModelConfig;
  readonly seqLen: number;
  readonly batchSize: number;
  /** [batchSize, seqLen + 1], row-major; the same batch in every step and on every side. */
  readonly tokens: Int32Array;
}

/** A model with its optimizer, warmed up, whose steps are timed one by one. */
export interface TrainStepper {
  readonly tokensPerStep: number;
  /** Exact matrix-product FLOPs of forward and backward of one step. */
  readonly flopsPerStep: number;
  /** Mean loss in nats on the batch, of the parameters as they were before the first step. */
  readonly firstLoss: number;
  /** Runs n steps; seconds of each. */
  step(n: number): Promise<readonly number[]>;
  /** Mean loss in nats on the batch, of the current parameters or of those one step before. */
  loss(): Promise<number>;
  release(): Promise<void>;
}
