import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  statfs,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildTinyDataset, tinySettings } from "../../test/fixtures/tiny-run.ts";
import { CheckpointError, ConfigError, TrainingError, WorkspaceError } from "../errors.ts";
import { flopsPerSequence, parameterCounts } from "../model/counts.ts";
import { readSafetensors, writeSafetensors } from "../model/safetensors.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { readEvents } from "../workspace/event-log.ts";
import { checkpointFolder, listCheckpoints } from "../workspace/run-folder.ts";
import { acquireRunLock } from "../workspace/run-lock.ts";
import type { RunRow } from "../workspace/run-row.ts";
import { listRuns } from "../workspace/run-table.ts";
import { mountDisk, NO_DISK } from "../workspace/small-disk.fixture.ts";
import { openWorkspace, type Workspace } from "../workspace/workspace.ts";
import type { RunSettings } from "./run-settings.ts";
import type { TrainEvent } from "./train-event.ts";
import { createRun, type TrainingContext, trainRun } from "./train-run.ts";

const steps = 40;
let folder: string;
let workspace: Workspace;
let dataset: string;
let runtime: Runtime;
let context: TrainingContext;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-train-"));
  workspace = await openWorkspace(join(folder, "home"));
  dataset = await buildTinyDataset(folder);
  runtime = await openRuntime({ threads: 1 });
  context = { workspace, runtime };
});

afterAll(async () => {
  runtime?.release();
  await workspace?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Settings of a run of one second or less. */
function settings(overrides: Partial<RunSettings> = {}): RunSettings {
  return tinySettings(dataset, { steps, validateEvery: 20, ...overrides });
}

const newRun = (overrides: Partial<RunSettings> = {}, within = context): Promise<string> =>
  createRun(within, { kind: "train", settings: settings(overrides), flags: {} });

const runFolder = (id: string): string => join(workspace.runs, id);

/** Runs to the end of the attempt; `onEvent` may stop it. */
async function train(
  id: string,
  options: { context?: TrainingContext; onEvent?: (event: TrainEvent) => void } = {},
): Promise<{ row: RunRow; events: TrainEvent[] }> {
  const run = trainRun(options.context ?? context, id);
  const events: TrainEvent[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { row: next.value, events };
    events.push(next.value);
    options.onEvent?.(next.value);
  }
}

/** Trains until the first event that fits, then gives the signal. */
async function trainUntil(id: string, isReached: (event: TrainEvent) => boolean) {
  const controller = new AbortController();
  return await train(id, {
    context: { ...context, signal: controller.signal },
    onEvent: (event) => isReached(event) && controller.abort(),
  });
}

const isStep = (step: number) => (event: TrainEvent) =>
  event.type === "step-delta" && event.step === step;

async function failure(attempt: Promise<unknown>): Promise<Error> {
  return await attempt.then(
    () => expect.fail("it did not fail"),
    (error: Error) => error,
  );
}

const rowOf = async (id: string): Promise<RunRow> =>
  (await listRuns(workspace.database)).find((row) => row.id === id)!;

/** Every file of a folder with its bytes. */
async function contents(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
  expect(files.length).toBeGreaterThan(5);
  const pairs = files
    .toSorted()
    .map(async (file) => [file.slice(path.length), (await readFile(file)).toString("base64")]);
  return Object.fromEntries(await Promise.all(pairs));
}

const finalCheckpoint = (id: string) => contents(checkpointFolder(runFolder(id), steps));

describe("an unbroken run", () => {
  test("tells its events in order, logs them, and leaves a full row", async () => {
    const id = await newRun();
    const { row, events } = await train(id);
    expect(events[0]).toEqual({ type: "training-start", id, steps, resumedFrom: null });
    expect(events.at(-1)).toEqual({ type: "training-end", row });
    const deltas = events.filter((event) => event.type === "step-delta");
    expect(deltas.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    const others = events.filter(
      ({ type }) => type === "validation-end" || type === "checkpoint-end",
    );
    expect(others.map((event) => "step" in event && `${event.type} ${event.step}`)).toEqual([
      "checkpoint-end 10",
      "validation-end 20",
      "checkpoint-end 20",
      "checkpoint-end 30",
      "validation-end 40",
      "checkpoint-end 40",
    ]);
    for (const delta of deltas) {
      expect(delta.tokensPerSecond).toBeGreaterThan(0);
      expect(delta.gradientNorm).toBeGreaterThan(0);
      expect(delta.dataShare).toBeGreaterThanOrEqual(0);
      expect(delta.dataShare).toBeLessThanOrEqual(1);
    }
    expect(deltas[0]!.lossNats).toBeCloseTo(Math.log(320), 5); // the head starts at zero
    expect(deltas.at(-1)!.lossNats).toBeLessThan(deltas[0]!.lossNats - 0.5);

    const logged: string[] = [];
    for await (const event of readEvents(runFolder(id))) logged.push(event.type);
    expect([logged[0], logged.at(-1)]).toEqual(["run-start", "run-end"]);
    expect(logged.filter((type) => type === "step-delta")).toHaveLength(steps);

    expect(await rowOf(id)).toEqual(row);
    const { model, batchSize, seqLen } = settings();
    const sequences = steps * batchSize;
    expect(row).toMatchObject({
      id,
      kind: "train",
      status: "done",
      steps,
      seed: 7,
      optimizer: "adamw",
      schedule: "warmup-stable-decay",
      tokensSeen: sequences * seqLen,
      parametersTotal: parameterCounts(model).total,
      flops: sequences * flopsPerSequence(model, seqLen).total,
    });
    expect(Object.keys(row.losses).toSorted()).toEqual(["code", "text"]);
    expect(row.lossNats).toBeGreaterThan(1);
    expect(row.lossNats).toBeLessThan(Math.log(320));
    expect(row.lossStandardError).toBeGreaterThan(0);
    expect(row.seconds).toBeGreaterThan(0);
    expect(row.endedAt).not.toBeNull();
    expect(await listCheckpoints(runFolder(id))).toEqual([30, 40]);
  });

  test("once done, answers with its row and does nothing", async () => {
    const id = await newRun({ steps: 2 });
    const { row } = await train(id);
    expect(await train(id)).toEqual({ row, events: [] });
  });

  test("has the same losses and bytes with gradient accumulation as recorded for it alone", async () => {
    const [whole, parts] = [await newRun(), await newRun({ gradientAccumulation: 2 })];
    const { row } = await train(whole);
    const { row: accumulated } = await train(parts);
    expect(Math.abs(accumulated.lossNats! - row.lossNats!)).toBeLessThan(0.01);
    const id = await newRun({ gradientAccumulation: 3 });
    expect((await failure(train(id))).message).toMatch(/expected a divisor of the batch of 4/);
  });
});

describe("a signal", () => {
  test("saves, marks the run interrupted, and the resumed run ends with the unbroken one's bytes", async () => {
    for (const optimizer of ["adamw", "muon"] as const) {
      const [unbroken, broken] = [await newRun({ optimizer }), await newRun({ optimizer })];
      const { row: whole } = await train(unbroken);
      const { row, events } = await trainUntil(broken, isStep(13));
      expect(row).toMatchObject({ status: "interrupted", steps: 14, lossNats: null });
      expect(await rowOf(broken)).toEqual(row);
      expect(events.at(-1)).toMatchObject({ type: "checkpoint-end", step: 14 });
      const again = await trainUntil(broken, isStep(27));
      expect(again.events[0]).toMatchObject({ type: "training-start", resumedFrom: 14 });
      const { row: end } = await train(broken);
      expect(end).toMatchObject({ status: "done", steps, losses: whole.losses });
      expect(end.seconds).toBeGreaterThan(row.seconds);
      expect(await finalCheckpoint(broken)).toEqual(await finalCheckpoint(unbroken));
    }
  });

  test("given before the first step still leaves a checkpoint to go on from", async () => {
    const id = await newRun();
    const { row } = await train(id, { context: { ...context, signal: AbortSignal.abort() } });
    expect(row).toMatchObject({ status: "interrupted", steps: 1 });
    expect(await listCheckpoints(runFolder(id))).toEqual([1]);
  });

  test("given at the last step ends the run as done", async () => {
    const id = await newRun();
    expect((await trainUntil(id, isStep(steps))).row.status).toBe("done");
  });
});

describe("a learning rate that is absurd", () => {
  test("stops the run with what to try, keeps the last checkpoint, and marks it diverged", async () => {
    const id = await newRun({ learningRate: 1e4, warmupSteps: 1, checkpointEvery: 1 });
    const error = await failure(train(id));
    expect(error).toBeInstanceOf(TrainingError);
    expect(error.message).toMatch(/^training stopped at step \d+ of 40: the (loss|gradient norm) /);
    expect(error.message).toContain("Try a lower learning rate (now 1.00e+4)");
    const last = (await listCheckpoints(runFolder(id))).at(-1)!;
    expect(error.message).toContain(checkpointFolder(runFolder(id), last));
    await contents(checkpointFolder(runFolder(id), last));
    expect(await rowOf(id)).toMatchObject({ status: "diverged", steps: last, lossNats: null });
  });

  test("says so when nothing was saved yet", async () => {
    const id = await newRun({ learningRate: 1e4, warmupSteps: 1, checkpointEvery: 1000 });
    expect((await failure(train(id))).message).toContain("The last checkpoint: none was saved yet");
  });
});

describe("two at once", () => {
  test("a run that is worked on is refused, and untouched", async () => {
    const id = await newRun();
    const lock = acquireRunLock(runFolder(id));
    const error = await failure(train(id));
    lock.release();
    expect(error).toBeInstanceOf(WorkspaceError);
    expect(error.message).toContain(`process ${process.pid} `);
    expect((await train(id)).row.status).toBe("done");
  });

  test("another process that trains the run is named", async () => {
    const id = await newRun({ steps: 100_000, checkpointEvery: 100_000, validateEvery: 100_000 });
    const script = fileURLToPath(new URL("../../test/fixtures/train-child.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script, workspace.folder, id], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    const error = await failure(train(id));
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(error).toBeInstanceOf(WorkspaceError);
    expect(error.message).toContain(`process ${child.pid} `);
  });
});

test("a data set that was built again with other content is refused", async () => {
  const copy = join(folder, "changed");
  await cp(dataset, copy, { recursive: true });
  const id = await newRun({ dataset: copy });
  const path = join(copy, "manifest.json");
  const { hash, ...manifest } = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...manifest, hash: hash.replace(/^./, "x") }));
  const error = await failure(train(id));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain(`run ${id}: its data set ${copy} was built again`);
});

describe("a checkpoint that cannot be used", () => {
  const weights = join("model", "model.safetensors");
  const breakages: [string, (folder: string) => Promise<unknown>, RegExp][] = [
    ["cut off", (at) => truncate(join(at, weights), 1000), /model\.safetensors: .*cut off|missing/],
    [
      "a broken header",
      (at) => writeFile(join(at, weights), `\x10${"\0".repeat(7)}{"a": 1`.padEnd(60)),
      /model\.safetensors: the safetensors header is broken/,
    ],
    [
      "no optimizer state",
      (at) => rm(join(at, "optimizer.safetensors")),
      /optimizer\.safetensors: there is no such file/,
    ],
    [
      "no state.json",
      (at) => rm(join(at, "state.json")),
      /state\.json: not a checkpoint of this version \(ENOENT/,
    ],
    [
      "a state.json of a later version",
      (at) => writeFile(join(at, "state.json"), '{"format":2}'),
      /state\.json: not a checkpoint of this version/,
    ],
    [
      "another shape",
      (at) => reshaped(join(at, weights)),
      /model\.safetensors: expected .* of shape \[320,\d+\], got \[\d+,320\]: it is of another model/,
    ],
    [
      "a tensor too many",
      (at) => extended(join(at, "optimizer.safetensors")),
      /optimizer\.safetensors: expected a checkpoint of the run's model, got one with layer\.9 as well/,
    ],
    [
      "another optimizer",
      (at) => edited(join(at, "state.json")),
      /expected a checkpoint with optimizer adamw, got muon/,
    ],
  ];

  async function reshaped(path: string): Promise<void> {
    const { tensors, metadata } = await readSafetensors(path);
    const turned = [...tensors].map(
      ([name, tensor]) => [name, { ...tensor, shape: tensor.shape.toReversed() }] as const,
    );
    await writeSafetensors(path, turned, metadata);
  }

  async function extended(path: string): Promise<void> {
    const { tensors } = await readSafetensors(path);
    const data = Float32Array.of(1);
    await writeSafetensors(path, [...tensors, ["layer.9", { dtype: "F32", shape: [1], data }]]);
  }

  async function edited(path: string): Promise<void> {
    await writeFile(path, (await readFile(path, "utf8")).replace("adamw", "muon"));
  }

  let unbroken: Record<string, string>;
  let template: string;
  beforeAll(async () => {
    const id = await newRun();
    await train(id);
    unbroken = await finalCheckpoint(id);
    template = await newRun();
    await trainUntil(template, isStep(24)); // checkpoints of steps 20 and 25
  });

  for (const [name, damage, message] of breakages) {
    test(`${name}: the file and the fix are named, and the one before it goes on`, async () => {
      const id = await newRun();
      await cp(join(runFolder(template), "checkpoints"), join(runFolder(id), "checkpoints"), {
        recursive: true,
      });
      expect(await listCheckpoints(runFolder(id))).toEqual([20, 25]);
      const newest = checkpointFolder(runFolder(id), 25);
      await damage(newest);
      const error = await failure(train(id));
      expect(error).toBeInstanceOf(CheckpointError);
      expect(error.message).toMatch(message);
      expect(error.message).toContain(newest);
      if (name === "another optimizer") return expect(error.message).toContain("resume with the");
      expect(error.message).toContain(`Remove the folder ${newest} to resume`);
      await rm(newest, { recursive: true });
      const { events } = await train(id);
      expect(events[0]).toMatchObject({ type: "training-start", resumedFrom: 20 });
      expect(await finalCheckpoint(id)).toEqual(unbroken);
    });
  }
});

test("a full disk stops the run, what was saved stays, and it goes on when there is space", async (test) => {
  const disk = join(folder, "disk");
  await mkdir(disk);
  const unmount = mountDisk(disk, "size=2m");
  if (unmount === undefined) return test.skip(NO_DISK);
  const small = await openWorkspace(disk);
  const within = { workspace: small, runtime };
  try {
    const id = await newRun({}, within);
    const home = join(small.runs, id);
    const ballast = join(disk, "ballast");
    let before: Record<string, string> | undefined;
    const error = await failure(
      (async () => {
        for await (const event of trainRun(within, id)) {
          if (event.type !== "checkpoint-end" || event.step !== 20) continue;
          before = await contents(join(home, "checkpoints"));
          const { bavail, bsize } = await statfs(disk);
          await writeFile(ballast, new Uint8Array((bavail - 8) * bsize));
        }
      })(),
    );
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toMatch(/the disk is full: .* Nothing was lost/);
    expect(await contents(join(home, "checkpoints"))).toEqual(before);
    await rm(ballast);
    const { row, events } = await train(id, { context: within });
    expect(events[0]).toMatchObject({ type: "training-start", resumedFrom: 20 });
    expect(row.status).toBe("done");
    const whole = await newRun();
    await train(whole);
    expect(await contents(checkpointFolder(home, steps))).toEqual(await finalCheckpoint(whole));
  } finally {
    await small.close();
    unmount();
  }
});
