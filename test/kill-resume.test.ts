import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../src/statistics/random.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import { createRun, trainRun } from "../src/train/train-run.ts";
import { readEffectiveEvents } from "../src/workspace/event-log.ts";
import { checkpointFolder } from "../src/workspace/run-folder.ts";
import { openWorkspace, type Workspace } from "../src/workspace/workspace.ts";
import { buildTinyDataset, tinySettings } from "./fixtures/tiny-run.ts";

const kills = 20;
const steps = 400;
const child = fileURLToPath(new URL("./fixtures/train-child.ts", import.meta.url));

let folder: string;
let workspace: Workspace;
let dataset: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-kill-"));
  workspace = await openWorkspace(folder);
  dataset = await buildTinyDataset(folder);
});

afterAll(async () => {
  await workspace.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the child; kills it `delayMs` after it has begun to train, unless it ends before. */
async function attempt(id: string, delayMs: number): Promise<"killed" | "done"> {
  const process_ = spawn(process.execPath, ["--import", "tsx", child, folder, id], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let timer: NodeJS.Timeout | undefined;
  let isDone = false;
  process_.stdout.on("data", (chunk: Buffer) => {
    const text = chunk.toString();
    if (text.includes("from ")) timer = setTimeout(() => process_.kill("SIGKILL"), delayMs);
    isDone ||= text.includes("done");
  });
  await once(process_, "close");
  clearTimeout(timer);
  return isDone ? "done" : "killed";
}

async function hashFolder(path: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
  for (const file of files.sort()) {
    hash.update(file.slice(path.length));
    hash.update(await readFile(file));
  }
  return hash.digest("hex");
}

test(`${kills} times SIGKILL at random moments: the run ends with the bytes of an unbroken one`, async () => {
  const settings = tinySettings(dataset, { steps, checkpointEvery: 10 });
  const runtime = await openRuntime({ threads: 1 });
  const context = { workspace, runtime };
  const unbroken = await createRun(context, { kind: "train", settings, flags: {} });
  const broken = await createRun(context, { kind: "train", settings, flags: {} });
  for await (const _ of trainRun(context, unbroken));

  const random = new Random(20);
  let killed = 0;
  while (killed < kills) {
    const outcome = await attempt(broken, random.uniform() * 120);
    if (outcome === "done") break;
    killed++;
    process.stderr.write("K\n");
  }
  expect(killed).toBe(kills);
  for (let tries = 0; tries < 3; tries++) {
    if ((await attempt(broken, 600_000)) === "done") break;
  }
  const final = (id: string) => checkpointFolder(join(workspace.runs, id), steps);
  expect(await hashFolder(final(broken))).toBe(await hashFolder(final(unbroken)));

  const seen: number[] = [];
  for await (const event of readEffectiveEvents(join(workspace.runs, broken))) {
    if (event.type === "step-delta") seen.push(event.step!);
  }
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.at(-1)).toBe(steps);
}, 600_000);
