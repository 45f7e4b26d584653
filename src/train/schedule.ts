/** Warm-up, stable, decay: lengths in optimizer steps. */
export interface Schedule {
  readonly steps: number;
  readonly warmupSteps: number;
  readonly decaySteps: number;
  /** The peak, held between warm-up and decay. */
  readonly learningRate: number;
}

/** Name of the schedule in the run table. */
export const scheduleName = "warmup-stable-decay";

/**
 * Learning rate of a step: linear rise, constant, linear fall towards 0.
 *
 * @param step - 1 for the first, `steps` for the last
 * @see MiniCPM, arXiv 2404.06395, section 4; arXiv 2405.18392 (linear cool-down)
 */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { steps, warmupSteps, decaySteps, learningRate } = schedule;
  const rise = Math.min(1, step / Math.max(warmupSteps, 1));
  const fall = Math.min(1, (steps - step + 1) / (decaySteps + 1));
  return learningRate * Math.min(rise, fall);
}
