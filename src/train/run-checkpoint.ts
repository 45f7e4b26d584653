import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import { saveModel } from "../model/checkpoint.ts";
import type { ModelConfig } from "../model/config.ts";
import { openSafetensors, writeSafetensors } from "../model/safetensors.ts";
import { type StoredName, storedName } from "../model/stored-names.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import type { Buffer } from "../tensor/session.ts";
import { createFolderAtomic, writeFileAtomic } from "../workspace/atomic-file.ts";
import { checkpointFolder, listCheckpoints } from "../workspace/run-folder.ts";
import type { TrainState } from "./train-state.ts";

const stateSchema = z.strictObject({
  format: z.literal(1),
  /** Finished optimizer steps. */
  step: z.number(),
  dataHash: z.string(),
  optimizer: z.string(),
});

/** What a checkpoint knows beside its tensors. */
export type CheckpointState = Omit<z.output<typeof stateSchema>, "format">;

const keptCheckpoints = 2;

/**
 * Saves a run's state after a step: `model/` (a Hugging Face folder), `optimizer.safetensors`,
 * `state.json`. The folder appears whole or not at all; only the newest two stay.
 *
 * @throws {CheckpointError} when the disk is full; earlier checkpoints stay as they are
 */
export async function saveRunCheckpoint(
  runFolder: string,
  state: CheckpointState,
  contents: { config: ModelConfig; train: TrainState; tokenizer: Tokenizer },
): Promise<void> {
  const folder = checkpointFolder(runFolder, state.step);
  await rm(folder, { recursive: true, force: true });
  const { config, train, tokenizer } = contents;
  const parameters = await readAll(train.parameters);
  const slots = await readAll(train.slots);
  await createFolderAtomic(folder, async (staging) => {
    await mkdir(join(staging, "model"));
    await saveModel(join(staging, "model"), { config, parameters, tokenizer });
    const tensors = [...slots].map(
      ([name, tensor]) => [name, { dtype: "F32", ...tensor }] as const,
    );
    await writeSafetensors(join(staging, "optimizer.safetensors"), tensors);
    const text = JSON.stringify({ format: 1, ...state }, null, 2);
    await writeFileAtomic(join(staging, "state.json"), `${text}\n`);
  });
  const steps = await listCheckpoints(runFolder);
  for (const step of steps.slice(0, -keptCheckpoints)) {
    await rm(checkpointFolder(runFolder, step), { recursive: true, force: true });
  }
}

/**
 * Loads the newest checkpoint of a run into its state.
 *
 * @param expected - `config`: of the run's model
 * @returns what the checkpoint says; undefined when the run has none
 * @throws {CheckpointError} when it is broken, or belongs to another data set or optimizer
 */
export async function loadRunCheckpoint(
  runFolder: string,
  train: TrainState,
  expected: Omit<CheckpointState, "step"> & { readonly config: ModelConfig },
): Promise<CheckpointState | undefined> {
  const step = (await listCheckpoints(runFolder)).at(-1);
  if (step === undefined) return undefined;
  const folder = checkpointFolder(runFolder, step);
  const state = await readState(folder);
  for (const key of ["dataHash", "optimizer"] as const) {
    if (state[key] !== expected[key]) {
      throw new CheckpointError(
        `${folder}: expected a checkpoint with ${key} ${expected[key]}, got ${state[key]}; resume with the data set and settings that the run began with`,
      );
    }
  }
  try {
    const weights = renamed(train.parameters, storedName(expected.config));
    await fill(join(folder, "model", "model.safetensors"), weights);
    await fill(join(folder, "optimizer.safetensors"), train.slots);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(`${error.message}. ${earlier(folder)}`, { cause: error });
  }
  return state;
}

/** What helps when the newest checkpoint cannot be used. */
function earlier(folder: string): string {
  return `Remove the folder ${folder} to resume from the checkpoint before it`;
}

async function readState(folder: string): Promise<CheckpointState> {
  const path = join(folder, "state.json");
  try {
    const { format: _, ...state } = stateSchema.parse(JSON.parse(await readFile(path, "utf8")));
    return state;
  } catch (cause) {
    throw new CheckpointError(
      `${path}: not a checkpoint of this version (${(cause as Error).message.split("\n")[0]}). ${earlier(folder)}`,
      { cause },
    );
  }
}

async function readAll(
  buffers: ReadonlyMap<string, Buffer>,
): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, buffer] of buffers) {
    tensors.set(name, { shape: buffer.shape, data: (await buffer.read()) as Float32Array });
  }
  return tensors;
}

/** Buffers by the names that a file has for them. */
function renamed(buffers: ReadonlyMap<string, Buffer>, inFile: StoredName): Map<string, Buffer> {
  return new Map([...buffers].map(([name, buffer]) => [inFile(name), buffer]));
}

async function fill(path: string, buffers: ReadonlyMap<string, Buffer>): Promise<void> {
  const reader = await openSafetensors(path);
  try {
    const unknown = [...reader.entries.keys()].filter((name) => !buffers.has(name));
    if (unknown.length > 0) {
      throw new CheckpointError(
        `${path}: expected a checkpoint of the run's model, got one with ${unknown[0]} as well`,
      );
    }
    for (const [name, buffer] of buffers) {
      const { shape, data } = await reader.read(name);
      if (shape.join() !== buffer.shape.join()) {
        throw new CheckpointError(
          `${path}: expected ${name} of shape [${buffer.shape}], got [${shape}]: it is of another model`,
        );
      }
      await buffer.write(data as Float32Array);
    }
  } finally {
    await reader.close();
  }
}
