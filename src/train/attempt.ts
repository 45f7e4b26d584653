import type { Dataset } from "../data/dataset.ts";
import { TrainingError } from "../errors.ts";
import { initialParameters } from "../model/initialise.ts";
import { matrixProductPeak } from "../tensor/matrix-product-peak.ts";
import type { EventLog } from "../workspace/event-log.ts";
import { checkpointFolder, listCheckpoints } from "../workspace/run-folder.ts";
import { recordRunEnd, recordRunStart } from "../workspace/run-record.ts";
import type { RunChanges, RunRow } from "../workspace/run-row.ts";
import { firstColumns, HeldoutLoss } from "./heldout-loss.ts";
import { type ImageRowShape, imageRows, rowPatchesFor } from "./image-rows.ts";
import { optimizers } from "./optimizers.ts";
import { parameterGroups, separateGroups } from "./parameter-groups.ts";
import { loadRunCheckpoint, saveRunCheckpoint } from "./run-checkpoint.ts";
import type { RunSettings } from "./run-settings.ts";
import { learningRateAt } from "./schedule.ts";
import { meanSequenceFlops } from "./sequence-flops.ts";
import { SpikeWatch } from "./spike-watch.ts";
import { StepMeter } from "./step-meter.ts";
import { type StepBatch, Stepper } from "./stepper.ts";
import type { TrainEvent } from "./train-event.ts";
import type { TrainingContext } from "./train-run.ts";
import { TrainState } from "./train-state.ts";

/** What an attempt works with; the caller closes it. */
export interface AttemptParts {
  readonly folder: string;
  readonly settings: RunSettings;
  readonly dataset: Dataset;
  readonly log: EventLog;
}

/**
 * A look at the validation loss takes at most so many windows, of all sources together, and no more
 * than cost a fiftieth of the steps: a window costs a third of what it does in training.
 */
const lookWindows = { most: 256, ofTraining: 3 / 50 } as const;

/** Batches made ready before their steps: one alone is late when steps take milliseconds. */
const batchesAhead = 4;

/** One process's work on a run, from its newest checkpoint or the beginning. */
export class Attempt {
  readonly #context: TrainingContext;
  readonly #parts: AttemptParts;
  readonly #state: TrainState;
  readonly #imageShape: ImageRowShape;
  readonly #began = performance.now();
  /** Optimizer steps after which all was well. */
  #finished = 0;
  #stepper: Stepper | undefined;
  #heldout: HeldoutLoss | undefined;

  constructor(context: TrainingContext, parts: AttemptParts) {
    this.#context = context;
    this.#parts = parts;
    const { model, optimizer, batchSize, seqLen, gradientAccumulation } = parts.settings;
    const rowPatches = rowPatchesFor(parts.dataset.largestImagePatches);
    this.#imageShape = { batchSize, seqLen, parts: gradientAccumulation, rowPatches };
    const joined = parameterGroups(model);
    const groups = context.runtime.device === "cpu" ? joined : separateGroups(joined);
    this.#state = new TrainState(context.runtime, groups, optimizers[optimizer]);
  }

  /**
   * Trains to the end, the signal or a failure, and records which it was.
   *
   * @param row - the run's row as it begins, with the seconds of earlier attempts
   */
  async *run(row: RunRow): AsyncGenerator<TrainEvent, RunRow> {
    const { settings, log } = this.#parts;
    const { database } = this.#context.workspace;
    const first = await this.#restore();
    this.#finished = first;
    const resumedFrom = first === 0 ? null : first;
    await recordRunStart(database, log, { row, resumedFrom });
    yield { type: "training-start", id: row.id, steps: settings.steps, resumedFrom };
    const end = async (changes: RunChanges & Pick<RunRow, "status" | "steps">) => {
      const seconds = row.seconds + (performance.now() - this.#began) / 1000;
      const all = { ...changes, seconds, endedAt: new Date().toISOString() };
      await recordRunEnd(database, log, { id: row.id, changes: all });
      return { ...row, ...all };
    };
    try {
      await this.#open();
      const reached = yield* this.#steps(first);
      if (reached < settings.steps) return await end({ status: "interrupted", steps: reached });
      const { losses, total } = await this.#heldout!.measure();
      const ended = await end({
        status: "done",
        steps: settings.steps,
        losses,
        lossNats: total.nats,
        lossStandardError: total.standardError,
        bitsPerByte: total.bitsPerByte,
      });
      yield { type: "training-end", row: ended };
      return ended;
    } catch (error) {
      const status = error instanceof TrainingError ? "diverged" : "failed";
      await end({ status, steps: this.#finished }).catch(() => {}); // a full disk stops this as well
      throw error;
    }
  }

  /** Frees the device's memory. */
  release(): void {
    this.#stepper?.release();
    this.#heldout?.release();
    this.#state.release();
  }

  /** Fills the state from the newest checkpoint or the seed; returns the finished steps. */
  async #restore(): Promise<number> {
    const { folder, settings, dataset } = this.#parts;
    const { model: config, optimizer } = settings;
    const expected = { dataHash: dataset.manifest.hash, optimizer, config };
    const checkpoint = await loadRunCheckpoint(folder, this.#state, expected);
    if (checkpoint !== undefined) return checkpoint.step;
    const initial = initialParameters(settings.model, settings.seed);
    for (const [name, buffer] of this.#state.parameters) await buffer.write(initial[name]!);
    return 0;
  }

  async #open(): Promise<void> {
    const { settings, dataset } = this.#parts;
    const { runtime } = this.#context;
    const { model: config, seqLen } = settings;
    this.#stepper = await Stepper.open(runtime, {
      config,
      shape: { ...this.#imageShape, hasDocuments: true },
      optimizer: optimizers[settings.optimizer],
      state: this.#state,
    });
    const { parameters } = this.#state;
    this.#heldout = await HeldoutLoss.open(runtime, { dataset, config, seqLen, parameters });
  }

  /** Steps until the end or the signal; returns the finished steps, the last of which is saved. */
  async *#steps(first: number): AsyncGenerator<TrainEvent, number> {
    const { settings, log } = this.#parts;
    const { signal, runtime } = this.#context;
    const { steps, batchSize } = settings;
    const watch = new SpikeWatch();
    const meter = new StepMeter({
      settings,
      flopsPerStep: batchSize * meanSequenceFlops(settings, this.#parts.dataset),
      peakFlops: await matrixProductPeak(runtime),
      first,
    });
    let asked = first;
    const coming: Promise<StepBatch>[] = [];
    const ask = () => {
      if (asked < steps) coming.push(this.#batch(asked++));
    };
    for (let batch = 0; batch < batchesAhead; batch++) ask();
    for (let step = first + 1; step <= steps; step++) {
      meter.begin();
      const batch = await coming.shift()!;
      meter.dataArrived();
      const learningRate = learningRateAt(step, settings);
      const running = this.#step(batch, step, learningRate);
      ask();
      const { loss, gradientNorm } = await running;
      const divergence = watch.observe(loss, gradientNorm);
      if (divergence !== undefined) throw await this.#diverged(step, divergence.reason);
      this.#finished = step;
      const progress = meter.end(step, { loss, gradientNorm, learningRate });
      if (progress !== undefined) {
        log.append({ ...progress });
        yield progress;
      }
      const isStopped = signal?.aborted === true;
      if (step % settings.validateEvery === 0) yield* this.#validate(step);
      if (step === steps || isStopped || step % settings.checkpointEvery === 0) {
        yield await this.#save(step);
      }
      if (isStopped && step < steps) {
        await Promise.all(coming);
        return step;
      }
    }
    return steps;
  }

  #batch(step: number): Promise<StepBatch> {
    const batch = this.#prepare(step);
    batch.catch(() => {}); // it is asked for ahead: a run that ends before must not leave it unhandled
    return batch;
  }

  /** The batch of a step as its graph reads it. */
  async #prepare(step: number): Promise<StepBatch> {
    const { settings, dataset } = this.#parts;
    const { seed, batchSize, seqLen, model } = settings;
    const batch = await dataset.batch({ seed, step, batchSize, seqLen });
    const { targets, documents } = batch;
    const tokens = firstColumns(batch.tokens, seqLen);
    const images = model.vision && imageRows(batch.images, this.#imageShape);
    return { tokens, targets, documents, images };
  }

  #step(batch: StepBatch, step: number, learningRate: number) {
    const { weightDecay, clipNorm } = this.#parts.settings;
    return this.#stepper!.step(batch, { step, learningRate, weightDecay, clipNorm });
  }

  async *#validate(step: number): AsyncGenerator<TrainEvent, void> {
    const { batchSize, validateEvery } = this.#parts.settings;
    const affordable = Math.ceil(lookWindows.ofTraining * batchSize * validateEvery);
    const lossNats = await this.#heldout!.validate(Math.min(lookWindows.most, affordable));
    if (lossNats === undefined) return;
    const event = { type: "validation-end", step, lossNats } as const;
    this.#parts.log.append(event);
    yield event;
  }

  async #save(step: number): Promise<TrainEvent> {
    const { folder, settings, dataset, log } = this.#parts;
    const { tokenizer, manifest } = dataset;
    await saveRunCheckpoint(
      folder,
      { step, dataHash: manifest.hash, optimizer: settings.optimizer },
      { config: settings.model, train: this.#state, tokenizer },
    );
    const event = { type: "checkpoint-end", step, folder: checkpointFolder(folder, step) } as const;
    log.append({ type: "checkpoint-end", step });
    await log.sync();
    return event;
  }

  async #diverged(step: number, reason: string): Promise<TrainingError> {
    const { settings, folder } = this.#parts;
    const saved = (await listCheckpoints(folder)).at(-1);
    const kept = saved === undefined ? "none was saved yet" : checkpointFolder(folder, saved);
    return new TrainingError(
      `training stopped at step ${step} of ${settings.steps}: ${reason}. The last checkpoint: ${kept}. Try a lower learning rate (now ${settings.learningRate.toPrecision(3)}), a longer warm-up (now ${settings.warmupSteps} steps) or a larger batch; the data near this step is named by the seed ${settings.seed}.`,
    );
  }
}
