import type { StepEvent, TrainEvent } from "../train/train-event.ts";
import type { Context } from "./context.ts";
import { formatCount } from "./number-format.ts";
import { createProgress, type Progress, type ProgressState } from "./progress.ts";

/** Shows the events of training as one dense line for each run. */
export function trainingProgress(context: Context): {
  show(event: TrainEvent): void;
  end(): void;
} {
  let progress: Progress | undefined;
  let validation = "";
  return {
    show(event) {
      if (event.type === "training-start") {
        progress?.end();
        progress = createProgress(context, "train");
        validation = "";
        if (event.resumedFrom !== null) progress.note(`resumed from step ${event.resumedFrom}`);
      } else if (event.type === "validation-end") {
        validation = event.lossNats.toFixed(3);
      } else if (event.type === "step-delta") {
        progress?.update(stepState(event, validation));
      } else if (event.type === "training-end") {
        progress?.end();
      }
    },
    end: () => progress?.end(),
  };
}

function stepState(event: StepEvent, validation: string): ProgressState {
  const { step, steps, secondsLeft, lossNats, tokensPerSecond, peakShare, dataShare } = event;
  return {
    done: step,
    total: steps,
    secondsLeft,
    parts: {
      loss: `loss ${lossNats.toFixed(3)}`,
      ...(validation !== "" && { validation: `validation ${validation}` }),
      rate: `${formatCount(tokensPerSecond)} tokens/s`,
      share: `${Math.round(100 * peakShare)}% of peak`,
      ...(dataShare > 0.02 && { wait: `${Math.round(100 * dataShare)}% waiting for data` }),
    },
    values: { ...event },
  };
}
