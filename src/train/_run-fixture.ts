import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { buildTinyDataset, tinySettings } from "../../test/fixtures/tiny-run.ts";
import { openRuntime } from "../tensor/runtime.ts";
import { checkpointFolder } from "../workspace/run-folder.ts";
import type { RunRow } from "../workspace/run-row.ts";
import { openWorkspace } from "../workspace/workspace.ts";
import type { RunSettings } from "./run-settings.ts";
import type { TrainEvent } from "./train-event.ts";
import { createRun, type TrainingContext, trainRun } from "./train-run.ts";

/** Steps of a test run: one second or less. */
export const steps = 40;

/** A workspace of its own with a small data set, and a runtime. */
export class RunBench {
  readonly folder: string;
  readonly dataset: string;
  readonly context: TrainingContext;

  private constructor(folder: string, dataset: string, context: TrainingContext) {
    this.folder = folder;
    this.dataset = dataset;
    this.context = context;
  }

  /** Makes the folder and the data set. */
  static async open(): Promise<RunBench> {
    const folder = await mkdtemp(join(tmpdir(), "foretoken-train-"));
    const workspace = await openWorkspace(join(folder, "home"));
    const dataset = await buildTinyDataset(folder);
    const runtime = await openRuntime({ threads: 1 });
    return new RunBench(folder, dataset, { workspace, runtime });
  }

  /** Takes everything away. */
  async close(): Promise<void> {
    this.context.runtime.release();
    await this.context.workspace.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Settings of a test run. */
  settings(overrides: Partial<RunSettings> = {}): RunSettings {
    return tinySettings(this.dataset, { steps, validateEvery: 20, ...overrides });
  }

  /** A run that has not begun. @returns its id */
  async newRun(
    overrides: Partial<RunSettings> = {},
    context: TrainingContext = this.context,
  ): Promise<string> {
    const settings = this.settings(overrides);
    return await createRun(context, { kind: "train", settings, flags: {} });
  }

  /** The folder of a run. */
  runFolder(id: string): string {
    return join(this.context.workspace.runs, id);
  }

  /** Trains to the end of the attempt; `onEvent` may stop it. */
  async train(
    id: string,
    options: { context?: TrainingContext; onEvent?: (event: TrainEvent) => void } = {},
  ): Promise<{ row: RunRow; events: TrainEvent[] }> {
    const run = trainRun(options.context ?? this.context, id);
    const events: TrainEvent[] = [];
    for (;;) {
      const next = await run.next();
      if (next.done) return { row: next.value, events };
      events.push(next.value);
      options.onEvent?.(next.value);
    }
  }

  /** Trains to a step and gives the signal then. */
  async trainUntil(id: string, step: number): Promise<{ row: RunRow; events: TrainEvent[] }> {
    const controller = new AbortController();
    return await this.train(id, {
      context: { ...this.context, signal: controller.signal },
      onEvent: (event) => {
        if (event.type === "step-delta" && event.step === step) controller.abort();
      },
    });
  }

  /** The last checkpoint of a run that is done, byte for byte. */
  async finalCheckpoint(id: string): Promise<Record<string, string>> {
    return await contents(checkpointFolder(this.runFolder(id), steps));
  }
}

/** The error that an attempt ends with. */
export async function failure(attempt: Promise<unknown>): Promise<Error> {
  return await attempt.then(
    () => expect.fail("it did not fail"),
    (error: Error) => error,
  );
}

/** Every file of a folder with its bytes. */
export async function contents(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
  expect(files.length).toBeGreaterThan(5);
  const pairs = files
    .toSorted()
    .map(async (file) => [file.slice(path.length), (await readFile(file)).toString("base64")]);
  return Object.fromEntries(await Promise.all(pairs));
}
