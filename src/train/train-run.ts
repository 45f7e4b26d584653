import { join } from "node:path";
import { type Dataset, openDataset } from "../data/dataset.ts";
import { readManifest } from "../data/manifest.ts";
import { ConfigError } from "../errors.ts";
import type { Runtime } from "../tensor/session.ts";
import { removeTemporaries } from "../workspace/atomic-file.ts";
import { openEventLog } from "../workspace/event-log.ts";
import { createRunFolder, type RunConfig, readRunConfig } from "../workspace/run-folder.ts";
import { acquireRunLock } from "../workspace/run-lock.ts";
import { readRunRow } from "../workspace/run-record.ts";
import type { RunKind, RunRow } from "../workspace/run-row.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { Attempt } from "./attempt.ts";
import { startingRow } from "./run-row.ts";
import type { RunSettings } from "./run-settings.ts";
import type { TrainEvent } from "./train-event.ts";

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
  const { hash } = await readManifest(settings.dataset);
  const { config } = await createRunFolder(workspace.runs, {
    kind,
    config: { ...settings },
    flags,
    seed: settings.seed,
    dataHash: hash,
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
    checkSettings(settings, context.runtime);
    const dataset = await openRunDataset(config, settings.dataset);
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

/** @throws {ConfigError} when the folder now holds other data than the run began with */
async function openRunDataset({ id, dataHash }: RunConfig, folder: string): Promise<Dataset> {
  const dataset = await openDataset(folder);
  if (dataset.manifest.hash === dataHash) return dataset;
  await dataset.close();
  throw new ConfigError(
    `run ${id}: its data set ${folder} was built again with other content; build the recipe that the run began with, or begin a new run`,
  );
}

function checkSettings(settings: RunSettings, runtime: Runtime): void {
  const { batchSize, gradientAccumulation, device, threads } = settings;
  if (batchSize % gradientAccumulation !== 0) {
    throw new ConfigError(
      `gradientAccumulation: expected a divisor of the batch of ${batchSize} sequences, got ${gradientAccumulation}`,
    );
  }
  if (runtime.device !== device || runtime.threads !== threads) {
    throw new ConfigError(
      `run: its settings say ${threads} threads on ${device}, the runtime has ${runtime.threads} on ${runtime.device}; open the runtime as the settings say, or the run cannot be repeated`,
    );
  }
}
