/** What the training benchmark measures: an engine that runs whole optimizer steps of a model. */
import type { BatchImage } from "../src/data/batch.ts";
import type { ModelConfig } from "../src/model/config.ts";

/** One measured shape: the model and its batch, the same in every step and on every side. */
export interface TrainShape {
  /** layers/width/context/batch. */
  readonly name: string;
  readonly model: ModelConfig;
  readonly seqLen: number;
  readonly batchSize: number;
  /** [batchSize, seqLen], row-major. */
  readonly tokens: Int32Array;
  /** [batchSize, seqLen]; `ignoredTarget` where no loss is wanted. */
  readonly targets: Int32Array;
  /** None for a model without a vision tower. */
  readonly images: readonly BatchImage[];
}

/** What a side computed in its first step. */
export interface FirstStep {
  /** Mean loss in nats on the batch, before the update. */
  readonly loss: number;
  /** Euclidean norm of each tensor's gradient, after clipping. */
  readonly gradients: Readonly<Record<string, number>>;
}

/** A model with its optimizer, warmed up, whose steps are timed one by one. */
export interface TrainStepper {
  readonly tokensPerStep: number;
  /** Exact matrix-product FLOPs of forward and backward of one step. */
  readonly flopsPerStep: number;
  readonly first: FirstStep;
  /** Runs n steps; seconds of each. */
  step(n: number): Promise<readonly number[]>;
  /** Mean loss in nats on the batch, of the current parameters or of those one step before. */
  loss(): Promise<number>;
  release(): Promise<void>;
}
