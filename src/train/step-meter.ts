import type { RunSettings } from "./run-settings.ts";
import type { StepEvent } from "./train-event.ts";

/** Events of a run at the most, however long it is. */
const eventsPerRun = 200;

/** Gathers what happened since the last progress event. */
export class StepMeter {
  readonly #settings: RunSettings;
  readonly #flopsPerStep: number;
  readonly #peakFlops: number;
  readonly #every: number;
  #since: number;
  #lossSum = 0;
  #lossCount = 0;
  #waitedMs = 0;
  #beganMs = performance.now();
  #stepBeganMs = 0;

  constructor(options: {
    readonly settings: RunSettings;
    readonly flopsPerStep: number;
    readonly peakFlops: number;
    /** Steps that were finished before. */
    readonly first: number;
  }) {
    this.#settings = options.settings;
    this.#flopsPerStep = options.flopsPerStep;
    this.#peakFlops = options.peakFlops;
    this.#since = options.first;
    this.#every = Math.max(1, Math.ceil(options.settings.steps / eventsPerRun));
  }

  /** A step begins: it asks for its data. */
  begin(): void {
    this.#stepBeganMs = performance.now();
  }

  /** Its data is there. */
  dataArrived(): void {
    this.#waitedMs += performance.now() - this.#stepBeganMs;
  }

  /** The step is done. @returns a progress event, when one is due */
  end(
    step: number,
    result: { readonly loss: number; readonly gradientNorm: number; readonly learningRate: number },
  ): StepEvent | undefined {
    this.#lossSum += result.loss;
    this.#lossCount++;
    const { steps, batchSize, seqLen } = this.#settings;
    if (step % this.#every !== 0 && step !== steps) return undefined;
    const elapsedMs = performance.now() - this.#beganMs;
    const done = step - this.#since;
    const secondsPerStep = elapsedMs / 1000 / done;
    const event: StepEvent = {
      type: "step-delta",
      step,
      steps,
      lossNats: this.#lossSum / this.#lossCount,
      gradientNorm: result.gradientNorm,
      learningRate: result.learningRate,
      tokensPerSecond: (batchSize * seqLen) / secondsPerStep,
      peakShare: this.#flopsPerStep / secondsPerStep / this.#peakFlops,
      dataShare: this.#waitedMs / elapsedMs,
      secondsLeft: (steps - step) * secondsPerStep,
    };
    this.#since = step;
    this.#lossSum = 0;
    this.#lossCount = 0;
    this.#waitedMs = 0;
    this.#beganMs = performance.now();
    return event;
  }
}
