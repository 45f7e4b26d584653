import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFolderAtomic } from "./atomic-file.ts";
import { checkpointFolder, createRunFolder, listCheckpoints, readRunConfig } from "./run-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const run = {
  kind: "train",
  config: { depth: 4, steps: 10 },
  flags: { depth: 4 },
  seed: 7,
  dataHash: "d",
  versions: { onnxruntime: "1.30.0" },
} as const;

describe("createRunFolder", () => {
  it("writes what is needed to run it again", async () => {
    const now = new Date("2025-11-25T14:30:15.123Z");
    const made = await createRunFolder(folder, { ...run, now });
    expect(basename(made.folder)).toMatch(/^251125-143015-[a-z]{3}$/);
    const config = await readRunConfig(made.folder);
    expect(config).toEqual(made.config);
    expect(config).toMatchObject({ ...run, id: basename(made.folder), name: config.id, format: 1 });
    expect(config.machine.cores).toBeGreaterThan(0);
    expect(config.machine.memoryBytes).toBeGreaterThan(1e8);
    expect(config.code.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("gives runs of one second different ids, and ids that sort by time", async () => {
    const at = (time: string) => createRunFolder(folder, { ...run, now: new Date(time) });
    const ids = new Set<string>();
    for (let i = 0; i < 20; i++) ids.add((await at("2025-11-25T14:30:15Z")).config.id);
    expect(ids.size).toBe(20);
    const later = (await at("2026-01-01T00:00:00Z")).config.id;
    expect([...ids].every((id) => id < later)).toBe(true);
  });

  it("says when a configuration is missing or of another format", async () => {
    await expect(readRunConfig(folder)).rejects.toThrow("not a readable run configuration");
    await writeFile(join(folder, "config.json"), '{"format": 2}');
    await expect(readRunConfig(folder)).rejects.toThrow("expected format 1, got 2");
  });
});

describe("listCheckpoints", () => {
  it("lists complete checkpoints in order", async () => {
    expect(await listCheckpoints(folder)).toEqual([]);
    await mkdir(join(folder, "checkpoints"));
    for (const step of [200, 1000, 30]) {
      await createFolderAtomic(checkpointFolder(folder, step), async () => {});
    }
    await mkdir(join(folder, "checkpoints", ".step-00000400.0123456789ab.tmp"));
    expect(await listCheckpoints(folder)).toEqual([30, 200, 1000]);
    expect(basename(checkpointFolder(folder, 30))).toBe("step-00000030");
  });
});
