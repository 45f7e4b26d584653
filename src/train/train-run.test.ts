import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildTinyDataset } from "../../test/fixtures/tiny-run.ts";
import { readManifest } from "../data/manifest.ts";
import { ConfigError, TrainingError, WorkspaceError } from "../errors.ts";
import { flopsPerSequence, parameterCounts } from "../model/counts.ts";
import { readEvents } from "../workspace/event-log.ts";
import { checkpointFolder, listCheckpoints } from "../workspace/run-folder.ts";
import { acquireRunLock } from "../workspace/run-lock.ts";
import type { RunRow } from "../workspace/run-row.ts";
import { listRuns } from "../workspace/run-table.ts";
import { contents, failure, RunBench, steps } from "./_run-fixture.ts";
import { settingsFromDial } from "./run-settings.ts";

let bench: RunBench;
beforeAll(async () => {
  bench = await RunBench.open();
});
afterAll(() => bench?.close());

const rowOf = async (id: string): Promise<RunRow> =>
  (await listRuns(bench.context.workspace.database)).find((row) => row.id === id)!;

describe("an unbroken run", () => {
  test("tells its events in order, logs them, and leaves a full row", async () => {
    const id = await bench.newRun();
    const { row, events } = await bench.train(id);
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
    for await (const event of readEvents(bench.runFolder(id))) logged.push(event.type);
    expect([logged[0], logged.at(-1)]).toEqual(["run-start", "run-end"]);
    expect(logged.filter((type) => type === "step-delta")).toHaveLength(steps);

    expect(await rowOf(id)).toEqual(row);
    const { model, batchSize, seqLen } = bench.settings();
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
    expect(await listCheckpoints(bench.runFolder(id))).toEqual([30, 40]);
  });

  test("once done, answers with its row and does nothing", async () => {
    const id = await bench.newRun({ steps: 2 });
    const { row } = await bench.train(id);
    expect(await bench.train(id)).toEqual({ row, events: [] });
  });

  test("reaches the same loss with gradient accumulation, whose parts must divide the batch", async () => {
    const [whole, parts] = [await bench.newRun(), await bench.newRun({ gradientAccumulation: 2 })];
    const { row } = await bench.train(whole);
    const { row: accumulated } = await bench.train(parts);
    expect(Math.abs(accumulated.lossNats! - row.lossNats!)).toBeLessThan(0.01);
    const id = await bench.newRun({ gradientAccumulation: 3 });
    expect((await failure(bench.train(id))).message).toMatch(
      /expected a divisor of the batch of 4/,
    );
  });
});

describe("a signal", () => {
  test("saves, marks the run interrupted, and the resumed run ends with the unbroken one's bytes", async () => {
    for (const optimizer of ["adamw", "muon"] as const) {
      const [unbroken, broken] = [
        await bench.newRun({ optimizer }),
        await bench.newRun({ optimizer }),
      ];
      const { row: whole } = await bench.train(unbroken);
      const { row, events } = await bench.trainUntil(broken, 13);
      expect(row).toMatchObject({ status: "interrupted", steps: 13, lossNats: null });
      expect(await rowOf(broken)).toEqual(row);
      expect(events.at(-1)).toMatchObject({ type: "checkpoint-end", step: 13 });
      const again = await bench.trainUntil(broken, 27);
      expect(again.events[0]).toMatchObject({ type: "training-start", resumedFrom: 13 });
      const { row: end } = await bench.train(broken);
      expect(end).toMatchObject({ status: "done", steps, losses: whole.losses });
      expect(end.seconds).toBeGreaterThan(row.seconds);
      expect(await bench.finalCheckpoint(broken)).toEqual(await bench.finalCheckpoint(unbroken));
    }
  });

  test("given to a run with images: the resumed run ends with the unbroken one's bytes", async () => {
    const dataset = await buildTinyDataset(bench.folder, { drawings: 4000 });
    const { vocabSize } = (await readManifest(dataset)).tokenizer;
    const dialled = { depth: 1, vocabSize, seqLen: 64, longestImageSide: 96 };
    const { model, seqLen } = settingsFromDial({
      ...{ ...dialled, dataset, seed: 7, device: "cpu", threads: 1 },
    });
    const unbroken = await bench.newRun({ dataset, model, seqLen });
    const broken = await bench.newRun({ dataset, model, seqLen });
    await bench.train(unbroken);
    await bench.trainUntil(broken, 13);
    const { row, events } = await bench.train(broken);
    expect(row.status).toBe("done");
    expect(events[0]).toMatchObject({ type: "training-start", resumedFrom: 13 });
    expect(Object.keys(row.losses)).toContain("image");
    expect(await bench.finalCheckpoint(broken)).toEqual(await bench.finalCheckpoint(unbroken));
  }, 120_000);

  test("given before the first step still leaves a checkpoint to go on from", async () => {
    const id = await bench.newRun();
    const { row } = await bench.train(id, {
      context: { ...bench.context, signal: AbortSignal.abort() },
    });
    expect(row).toMatchObject({ status: "interrupted", steps: 1 });
    expect(await listCheckpoints(bench.runFolder(id))).toEqual([1]);
  });

  test("given at the last step ends the run as done", async () => {
    const id = await bench.newRun();
    expect((await bench.trainUntil(id, steps)).row.status).toBe("done");
  });
});

describe("a learning rate that is absurd", () => {
  test("stops the run with what to try, keeps the last checkpoint, and marks it diverged", async () => {
    const id = await bench.newRun({ learningRate: 1e4, warmupSteps: 1, checkpointEvery: 1 });
    const error = await failure(bench.train(id));
    expect(error).toBeInstanceOf(TrainingError);
    expect(error.message).toMatch(/^training stopped at step \d+ of 40: the (loss|gradient norm) /);
    expect(error.message).toContain("Try a lower learning rate (now 1.00e+4)");
    const last = (await listCheckpoints(bench.runFolder(id))).at(-1)!;
    expect(error.message).toContain(checkpointFolder(bench.runFolder(id), last));
    await contents(checkpointFolder(bench.runFolder(id), last));
    expect(await rowOf(id)).toMatchObject({ status: "diverged", steps: last, lossNats: null });
  });

  test("says so when nothing was saved yet", async () => {
    const id = await bench.newRun({ learningRate: 1e4, warmupSteps: 1, checkpointEvery: 1000 });
    expect((await failure(bench.train(id))).message).toContain(
      "The last checkpoint: none was saved yet",
    );
  });
});

describe("two at once", () => {
  test("a run that is worked on is refused, and untouched", async () => {
    const id = await bench.newRun();
    const lock = acquireRunLock(bench.runFolder(id));
    const error = await failure(bench.train(id));
    lock.release();
    expect(error).toBeInstanceOf(WorkspaceError);
    expect(error.message).toContain(`process ${process.pid} `);
    expect((await bench.train(id)).row.status).toBe("done");
  });

  test("another process that trains the run is named", async () => {
    const id = await bench.newRun({
      steps: 100_000,
      checkpointEvery: 100_000,
      validateEvery: 100_000,
    });
    const script = fileURLToPath(new URL("../../test/fixtures/train-child.ts", import.meta.url));
    const child = spawn(
      process.execPath,
      ["--import", "tsx", script, bench.context.workspace.folder, id],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await once(child.stdout, "data");
    const error = await failure(bench.train(id));
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(error).toBeInstanceOf(WorkspaceError);
    expect(error.message).toContain(`process ${child.pid} `);
  });
});

test("a data set that was built again with other content is refused", async () => {
  const copy = join(bench.folder, "changed");
  await cp(bench.dataset, copy, { recursive: true });
  const id = await bench.newRun({ dataset: copy });
  const path = join(copy, "manifest.json");
  const { hash, ...manifest } = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...manifest, hash: hash.replace(/^./, "x") }));
  const error = await failure(bench.train(id));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain(`run ${id}: its data set ${copy} was built again`);
});
