import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Batch } from "../data/batch.ts";
import { type Dataset, openDataset } from "../data/dataset.ts";
import { ConfigError, TrainingError } from "../errors.ts";
import { flopsPerSequence } from "../model/counts.ts";
import { initialParameters } from "../model/initialise.ts";
import { matrixProductPeak } from "../tensor/matrix-product-peak.ts";
import type { Runtime } from "../tensor/session.ts";
import { removeTemporaries } from "../workspace/atomic-file.ts";
import { type EventLog, openEventLog } from "../workspace/event-log.ts";
import { checkpointFolder, createRunFolder, readRunConfig } from "../workspace/run-folder.ts";
import { acquireRunLock } from "../workspace/run-lock.ts";
import { readRunRow, recordRunEnd, recordRunStart } from "../workspace/run-record.ts";
import type { RunChanges, RunKind, RunRow } from "../workspace/run-row.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { firstColumns, HeldoutLoss } from "./heldout-loss.ts";
import { optimizers } from "./optimizers.ts";
import { loadRunCheckpoint, saveRunCheckpoint } from "./run-checkpoint.ts";
import { startingRow } from "./run-row.ts";
import type { RunSettings } from "./run-settings.ts";
import { learningRateAt } from "./schedule.ts";
import { SpikeWatch } from "./spike-watch.ts";
import { StepMeter } from "./step-meter.ts";
import { Stepper } from "./stepper.ts";
import type { TrainEvent } from "./train-event.ts";
import { TrainState } from "./train-state.ts";

/** A run that does not exist yet. */
export interface NewTraining {
  readonly kind: RunKind;
  readonly name?: string;
  readonly settings: RunSettings;
  /** The flags that the user gave. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/** What a run needs from outside. */
export interface TrainingContext {
  readonly workspace: Workspace;
  readonly runtime: Runtime;
  /** Its abort saves a checkpoint and ends the run as interrupted. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a run folder for new settings.
 *
 * @returns the run's id
 */
export async function createRun(
  { workspace, runtime }: TrainingContext,
  { kind, name, settings, flags }: NewTraining,
): Promise<string> {
  const dataset = await openDataset(settings.dataset);
  await dataset.close();
  const { config } = await createRunFolder(workspace.runs, {
    kind,
    config: { ...settings },
    flags,
    seed: settings.seed,
    dataHash: dataset.manifest.hash,
    versions: { onnxruntime: runtime.version, node: process.versions.node },
    ...(name !== undefined && { name }),
  });
  return config.id;
}

/**
 * Trains a run from its newest checkpoint, or from the beginning, to its end. It is the run's only
 * process while it works. A run with the same settings, data, machine and versions gives the same
 * bytes, however often it was stopped in between.
 *
 * @returns the run's row at the end of this attempt
 * @throws {TrainingError} when the run diverges; its checkpoints stay
 * @throws {WorkspaceError} when another process works on the run or the disk is full
 */
export async function* trainRun(
  context: TrainingContext,
  id: string,
): AsyncGenerator<TrainEvent, RunRow> {
  const folder = join(context.workspace.runs, id);
  const finished = await readRunRow(folder);
  if (finished?.status === "done") return finished;
  const lock = acquireRunLock(folder);
  try {
    await removeTemporaries(join(folder, "checkpoints"));
    const config = await readRunConfig(folder);
    const settings = config.config as unknown as RunSettings;
    checkSettings(settings);
    const dataset = await openDataset(settings.dataset);
    if (dataset.manifest.hash !== config.dataHash) {
      throw new ConfigError(
        `run ${id}: its data set ${settings.dataset} was built again with other content; build the recipe that the run began with, or begin a new run`,
      );
    }
    const log = await openEventLog(folder);
    const attempt = new Attempt(context, { folder, settings, dataset, log });
    try {
      const row = startingRow({ id, name: config.name, kind: config.kind, settings, dataset });
      return yield* attempt.run({ ...row, seconds: finished?.seconds ?? 0 });
    } finally {
      attempt.release();
      await log.close();
      await dataset.close();
    }
  } finally {
    lock.release();
  }
}

function checkSettings({ batchSize, gradientAccumulation }: RunSettings): void {
  if (batchSize % gradientAccumulation !== 0) {
    throw new ConfigError(
      `gradientAccumulation: expected a divisor of the batch of ${batchSize} sequences, got ${gradientAccumulation}`,
    );
  }
}

interface AttemptParts {
  readonly folder: string;
  readonly settings: RunSettings;
  readonly dataset: Dataset;
  readonly log: EventLog;
}

const validationWindows = 64;

/** One process's work on a run. */
class Attempt {
  readonly #context: TrainingContext;
  readonly #parts: AttemptParts;
  readonly #state: TrainState;
  readonly #began = performance.now();
  #stepper: Stepper | undefined;
  #heldout: HeldoutLoss | undefined;

  constructor(context: TrainingContext, parts: AttemptParts) {
    this.#context = context;
    this.#parts = parts;
    const { model, optimizer } = parts.settings;
    this.#state = new TrainState(context.runtime, model, optimizers[optimizer]);
  }

  async *run(row: RunRow): AsyncGenerator<TrainEvent, RunRow> {
    const { settings, log } = this.#parts;
    const { database } = this.#context.workspace;
    const first = await this.#restore();
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
      await end({ status, steps: settings.steps });
      throw error;
    }
  }

  release(): void {
    this.#stepper?.release();
    this.#heldout?.release();
    this.#state.release();
  }

  /** Fills the state from the newest checkpoint or the seed; returns the finished steps. */
  async #restore(): Promise<number> {
    const { folder, settings, dataset } = this.#parts;
    const expected = { dataHash: dataset.manifest.hash, optimizer: settings.optimizer };
    const checkpoint = await loadRunCheckpoint(folder, this.#state, expected);
    if (checkpoint !== undefined) return checkpoint.step;
    const initial = initialParameters(settings.model, settings.seed);
    for (const [name, buffer] of this.#state.parameters) await buffer.write(initial[name]!);
    return 0;
  }

  async #open(): Promise<void> {
    const { settings, dataset } = this.#parts;
    const { runtime } = this.#context;
    const { model: config, batchSize, seqLen } = settings;
    this.#stepper = await Stepper.open(runtime, {
      config,
      shape: { batchSize, seqLen, parts: settings.gradientAccumulation, hasDocuments: true },
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
    const { steps, batchSize, seqLen } = settings;
    const watch = new SpikeWatch();
    const meter = new StepMeter({
      settings,
      flopsPerStep: batchSize * flopsPerSequence(settings.model, seqLen).total,
      peakFlops: await matrixProductPeak(runtime),
      first,
    });
    let next = this.#batch(first);
    for (let step = first + 1; step <= steps; step++) {
      meter.begin();
      const batch = await next;
      meter.dataArrived();
      const learningRate = learningRateAt(step, settings);
      const running = this.#step(batch, step, learningRate);
      if (step < steps) next = this.#batch(step);
      const { loss, gradientNorm } = await running;
      const divergence = watch.observe(loss, gradientNorm);
      if (divergence !== undefined) throw this.#diverged(step, divergence.reason);
      const progress = meter.end(step, { loss, gradientNorm, learningRate });
      if (progress !== undefined) {
        log.append({ ...progress });
        yield progress;
      }
      const isStopped = signal?.aborted === true;
      if (step % settings.validateEvery === 0) yield await this.#validate(step);
      if (step === steps || isStopped || step % settings.checkpointEvery === 0) {
        yield await this.#save(step);
      }
      if (isStopped && step < steps) {
        await next;
        return step;
      }
    }
    return steps;
  }

  #batch(step: number): Promise<Batch> {
    const { settings, dataset } = this.#parts;
    const { seed, batchSize, seqLen } = settings;
    return dataset.batch({ seed, step, batchSize, seqLen });
  }

  #step(batch: Batch, step: number, learningRate: number) {
    const { seqLen, weightDecay, clipNorm } = this.#parts.settings;
    const { targets, documents } = batch;
    const tokens = firstColumns(batch.tokens, seqLen);
    return this.#stepper!.step(
      { tokens, targets, documents },
      { step, learningRate, weightDecay, clipNorm },
    );
  }

  async #validate(step: number): Promise<TrainEvent> {
    const lossNats = await this.#heldout!.validate(validationWindows);
    const event = { type: "validation-end", step, lossNats } as const;
    this.#parts.log.append(event);
    return event;
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

  #diverged(step: number, reason: string): TrainingError {
    const { settings, folder } = this.#parts;
    return new TrainingError(
      `training stopped at step ${step} of ${settings.steps}: ${reason}. The last good checkpoint is in ${join(folder, "checkpoints")}. Try a lower learning rate (now ${settings.learningRate.toPrecision(3)}), a longer warm-up (now ${settings.warmupSteps} steps) or a larger batch; the data near this step is named by the seed ${settings.seed}.`,
    );
  }
}

/** Threads that a run uses unless told: all cores. */
export const defaultThreads = (): number => availableParallelism();
