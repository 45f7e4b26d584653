import { randomInt } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { WorkspaceError } from "../errors.ts";
import { describeWriteError, errorCode, writeJsonAtomic } from "./atomic-file.ts";
import { type CodeVersion, codeVersion } from "./code-version.ts";
import { describeMachine, type Machine } from "./machine.ts";
import type { RunKind } from "./run-row.ts";

/** What is needed to make a run again; the content of its `config.json`. */
export interface RunConfig {
  readonly format: 1;
  readonly id: string;
  readonly name: string;
  readonly kind: RunKind;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The effective configuration: every setting with its value, defaults and the dial applied. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The flags that the user gave. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly dataHash: string;
  readonly code: CodeVersion;
  /** Versions of what computes, such as `{ onnxruntime: "1.30.0" }`. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Machine;
}

/** What the caller says about a new run; the rest of {@link RunConfig} is found out here. */
export interface NewRun
  extends Pick<RunConfig, "kind" | "config" | "flags" | "seed" | "dataHash" | "versions"> {
  /** A name to find the run by; its id when left out. */
  readonly name?: string;
  /** The clock, for tests. */
  readonly now?: Date;
}

const ID_LETTERS = "abcdefghjkmnpqrstuvwxyz"; // without i, l, o, which read like digits

/**
 * Makes a run's folder with its `config.json`. Ids sort by time: `251125-143015-kqz` (UTC, year to
 * second, and three letters that keep runs of one second apart).
 *
 * @param runsFolder - the workspace's `runs/`
 */
export async function createRunFolder(
  runsFolder: string,
  run: NewRun,
): Promise<{ readonly folder: string; readonly config: RunConfig }> {
  const now = run.now ?? new Date();
  const id = await claimId(runsFolder, now);
  const folder = join(runsFolder, id);
  const config: RunConfig = {
    format: 1,
    id,
    name: run.name ?? id,
    kind: run.kind,
    createdAt: now.toISOString(),
    config: run.config,
    flags: run.flags,
    seed: run.seed,
    dataHash: run.dataHash,
    code: codeVersion(),
    versions: run.versions,
    machine: describeMachine(),
  };
  await mkdir(join(folder, "checkpoints"));
  await writeJsonAtomic(join(folder, "config.json"), config);
  return { folder, config };
}

/**
 * Reads a run's `config.json`.
 *
 * @throws {WorkspaceError} when it is missing, broken or of another format
 */
export async function readRunConfig(folder: string): Promise<RunConfig> {
  const path = join(folder, "config.json");
  try {
    const config = JSON.parse(await readFile(path, "utf8")) as RunConfig;
    if (config.format === 1) return config;
    throw new WorkspaceError(
      `${path}: expected format 1, got ${String(config.format)}. Open the run with the version of Foretoken that made it.`,
    );
  } catch (error) {
    if (error instanceof WorkspaceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new WorkspaceError(
      `${path}: not a readable run configuration (${reason}). Give the folder of a run, as \`foretoken runs\` lists it.`,
      { cause: error },
    );
  }
}

/** The folder of the checkpoint after `step` optimizer steps; the name sorts by step. */
export function checkpointFolder(runFolder: string, step: number): string {
  return join(runFolder, "checkpoints", `step-${String(step).padStart(8, "0")}`);
}

/** The steps that a run has checkpoints of, ascending; half-written ones are not among them. */
export async function listCheckpoints(runFolder: string): Promise<readonly number[]> {
  try {
    const names = await readdir(join(runFolder, "checkpoints"));
    const steps = names.map((name) => /^step-(\d{8,})$/.exec(name)?.[1]);
    return steps
      .filter((step) => step !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Making the folder is what claims the id: it fails when another process was first. */
async function claimId(runsFolder: string, now: Date): Promise<string> {
  const time = now.toISOString().slice(2, 19).replace(/[-:]/g, "").replace("T", "-");
  for (;;) {
    const id = `${time}-${Array.from({ length: 3 }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join("")}`;
    try {
      await mkdir(join(runsFolder, id));
      return id;
    } catch (error) {
      if (errorCode(error) !== "EEXIST")
        throw await describeWriteError(error, join(runsFolder, id), undefined);
    }
  }
}
