import { cp, mkdir, readFile, rm, statfs, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckpointError, WorkspaceError } from "../errors.ts";
import { readSafetensors, writeSafetensors } from "../model/safetensors.ts";
import { checkpointFolder, listCheckpoints } from "../workspace/run-folder.ts";
import { mountDisk, NO_DISK } from "../workspace/small-disk.fixture.ts";
import { openWorkspace } from "../workspace/workspace.ts";
import { contents, failure, RunBench, steps } from "./_run-fixture.ts";
import { trainRun } from "./train-run.ts";

let bench: RunBench;
/** The last checkpoint of a run that nothing disturbed. */
let unbroken: Record<string, string>;
beforeAll(async () => {
  bench = await RunBench.open();
  const id = await bench.newRun();
  await bench.train(id);
  unbroken = await bench.finalCheckpoint(id);
});
afterAll(() => bench?.close());

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

  let template: string;
  beforeAll(async () => {
    template = await bench.newRun();
    await bench.trainUntil(template, 24); // checkpoints of steps 20 and 24
  });

  for (const [name, damage, message] of breakages) {
    test(`${name}: the file and the fix are named, and the one before it goes on`, async () => {
      const id = await bench.newRun();
      await cp(
        join(bench.runFolder(template), "checkpoints"),
        join(bench.runFolder(id), "checkpoints"),
        {
          recursive: true,
        },
      );
      expect(await listCheckpoints(bench.runFolder(id))).toEqual([20, 24]);
      const newest = checkpointFolder(bench.runFolder(id), 24);
      await damage(newest);
      const error = await failure(bench.train(id));
      expect(error).toBeInstanceOf(CheckpointError);
      expect(error.message).toMatch(message);
      expect(error.message).toContain(newest);
      if (name === "another optimizer") return expect(error.message).toContain("resume with the");
      expect(error.message).toContain(`Remove the folder ${newest} to resume`);
      await rm(newest, { recursive: true });
      const { events } = await bench.train(id);
      expect(events[0]).toMatchObject({ type: "training-start", resumedFrom: 20 });
      expect(await bench.finalCheckpoint(id)).toEqual(unbroken);
    });
  }
});

for (const [freePages, name] of [
  [8, "with room for events but not for a checkpoint"],
  [0, "with room for nothing"],
] as const) {
  test(`a full disk, ${name}: the run stops, what was saved stays, and it goes on with space`, async (context) => {
    const disk = join(bench.folder, `disk-${freePages}`);
    await mkdir(disk);
    const unmount = mountDisk(disk, "size=2m");
    if (unmount === undefined) return context.skip(NO_DISK);
    const small = await openWorkspace(disk);
    const within = { workspace: small, runtime: bench.context.runtime };
    try {
      const id = await bench.newRun({}, within);
      const home = join(small.runs, id);
      const ballast = join(disk, "ballast");
      let before: Record<string, string> | undefined;
      const trainOntoFullDisk = async () => {
        for await (const event of trainRun(within, id)) {
          if (event.type !== "checkpoint-end" || event.step !== 20) continue;
          before = await contents(join(home, "checkpoints"));
          const { bavail, bsize } = await statfs(disk);
          await writeFile(ballast, new Uint8Array((bavail - freePages) * bsize));
        }
      };
      const error = await failure(trainOntoFullDisk());
      expect(error).toBeInstanceOf(freePages > 0 ? CheckpointError : WorkspaceError);
      expect(error.message).toMatch(/the disk is full: .* Nothing was lost/);
      expect(await contents(join(home, "checkpoints"))).toEqual(before);
      await rm(ballast);
      const { row, events } = await bench.train(id, { context: within });
      expect(events[0]).toMatchObject({ type: "training-start", resumedFrom: 20 });
      expect(row.status).toBe("done");
      expect(await contents(checkpointFolder(home, steps))).toEqual(unbroken);
    } finally {
      await small.close();
      unmount();
    }
  });
}
