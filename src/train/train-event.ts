import type { RunRow } from "../workspace/run-row.ts";

/** What a training run tells while it goes on; also the lines of its `events.jsonl`. */
export type TrainEvent =
  | {
      readonly type: "training-start";
      readonly id: string;
      readonly steps: number;
      /** Step of the checkpoint that the run goes on from; null at the beginning. */
      readonly resumedFrom: number | null;
    }
  | StepEvent
  | { readonly type: "validation-end"; readonly step: number; readonly lossNats: number }
  | { readonly type: "checkpoint-end"; readonly step: number; readonly folder: string }
  | { readonly type: "training-end"; readonly row: RunRow };

/** Progress over the steps since the last such event. */
export interface StepEvent {
  readonly type: "step-delta";
  /** Finished optimizer steps. */
  readonly step: number;
  readonly steps: number;
  /** Mean training loss, nats per token. */
  readonly lossNats: number;
  /** Global norm before clipping, at the last of the steps. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokensPerSecond: number;
  /** Share of the matrix-product rate that the runtime reaches, in [0, 1]. */
  readonly peakShare: number;
  /** Share of the time that the step waited for data, in [0, 1]. */
  readonly dataShare: number;
  readonly secondsLeft: number;
}
