import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ModelError } from "../errors.ts";
import { isGgufPath } from "../model/gguf/gguf-path.ts";
import { checkpointFolder, listCheckpoints } from "../workspace/run-folder.ts";
import { findRun } from "../workspace/run-table.ts";
import { openWorkspace, workspaceExists } from "../workspace/workspace.ts";

/** Where names are looked up. */
export interface ModelPlaces {
  /** What relative paths begin at. */
  readonly directory: string;
  /** The workspace's folder, which need not exist. */
  readonly workspaceFolder: string;
}

/**
 * The model that the user means by MODEL: an existing path (a model folder, a GGUF file, a checkpoint
 * or a run's folder), else a run's id or name, of which the newest checkpoint is taken.
 *
 * @returns a folder or a GGUF file for `openModel`
 * @throws {ModelError} when nothing fits, or the run has no checkpoint
 * @throws {WorkspaceError} when several runs fit
 */
export async function resolveModelFolder(text: string, places: ModelPlaces): Promise<string> {
  const folder = await findModelFolder(text, places);
  if (folder !== undefined) return folder;
  throw new ModelError(
    `model "${text}": neither an existing path nor a run of the workspace ${places.workspaceFolder}. ` +
      "Give the folder of a model (config.json, model.safetensors, tokenizer.json) or of a checkpoint, a .gguf file, " +
      "or a run's id or name; `foretoken runs` lists them.",
  );
}

/**
 * As `resolveModelFolder`.
 *
 * @returns undefined when nothing fits
 */
export async function findModelFolder(
  text: string,
  { directory, workspaceFolder }: ModelPlaces,
): Promise<string | undefined> {
  const path = resolve(directory, text);
  if (text !== "" && existsSync(path)) return modelFolder(path);
  const id = await runOf(text, workspaceFolder);
  return id === undefined ? undefined : newestCheckpoint(join(workspaceFolder, "runs", id));
}

async function modelFolder(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) {
    if (isGgufPath(path)) return path;
    throw new ModelError(
      `model ${path}: expected the folder of a model (config.json, model.safetensors, tokenizer.json) or a .gguf file, got another file`,
    );
  }
  if (existsSync(join(path, "config.json")) && existsSync(join(path, "checkpoints"))) {
    return newestCheckpoint(path);
  }
  const inner = join(path, "model");
  return existsSync(join(inner, "config.json")) ? inner : path;
}

async function runOf(text: string, workspaceFolder: string): Promise<string | undefined> {
  if (!workspaceExists(workspaceFolder)) return undefined;
  const workspace = await openWorkspace(workspaceFolder);
  try {
    return (await findRun(workspace.database, text))?.id;
  } finally {
    await workspace.close();
  }
}

async function newestCheckpoint(runFolder: string): Promise<string> {
  const step = (await listCheckpoints(runFolder)).at(-1);
  if (step === undefined) {
    throw new ModelError(
      `run ${runFolder}: has no checkpoint yet; train it further with \`foretoken train --resume\``,
    );
  }
  return join(checkpointFolder(runFolder, step), "model");
}
