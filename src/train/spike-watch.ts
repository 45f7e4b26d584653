/** Training losses that end a run: what was seen and what to try. */
export interface Divergence {
  readonly reason: string;
}

const memorySteps = 20;
/** Nats above the lowest smoothed loss that no healthy run of ours showed after its warm-up. */
const spikeNats = 1;

/** Watches a run's losses for values that are not numbers and for spikes. */
export class SpikeWatch {
  #smoothed: number | undefined;
  #lowest = Number.POSITIVE_INFINITY;

  /** @returns why the run must stop, or undefined when all is well */
  observe(loss: number, gradientNorm: number): Divergence | undefined {
    if (!Number.isFinite(loss)) return { reason: `the loss became ${loss}` };
    if (!Number.isFinite(gradientNorm))
      return { reason: `the gradient norm became ${gradientNorm}` };
    this.#smoothed ??= loss;
    this.#smoothed += (loss - this.#smoothed) / memorySteps;
    this.#lowest = Math.min(this.#lowest, this.#smoothed);
    if (this.#smoothed <= this.#lowest + spikeNats) return undefined;
    const [now, before] = [this.#smoothed.toFixed(2), this.#lowest.toFixed(2)];
    return { reason: `the loss rose from ${before} to ${now} nats (mean of ${memorySteps} steps)` };
  }
}
