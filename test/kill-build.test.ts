import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  buildAll,
  contentOf,
  folderWith,
  numberedTexts,
  recipeOf,
} from "../src/data/build.fixture.ts";
import {
  plantedEvaluations,
  plantedSource,
  writePlantedCorpus,
} from "../src/data/planted-corpus.fixture.ts";
import { loadRecipe } from "../src/data/recipe.ts";
import type { RecipeInput } from "../src/data/recipe-schema.ts";
import { Random } from "../src/statistics/random.ts";

const kills = 12;
const child = fileURLToPath(new URL("./fixtures/build-child.ts", import.meta.url));

let folder: string;
let recipe: string;

beforeAll(async () => {
  folder = await folderWith({ "other.jsonl": numberedTexts(100) });
  await writePlantedCorpus(folder, { bytes: 6e5, pairs: 20, items: 200, planted: 10, seed: 1 });
  const input: RecipeInput = {
    name: "killed",
    vocabSize: 400,
    testItems: 3,
    split: { validation: 0.05, heldout: 0.05 },
    contamination: [plantedEvaluations],
    sources: [
      { ...plantedSource, licence: "CC0" },
      { name: "shapes", drawing: "shapes", loss: "image", licence: "CC0", maxBytes: 10_000 },
    ],
  };
  recipe = join(folder, "recipe.yaml");
  await writeFile(recipe, JSON.stringify(input)); // YAML too
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Attempt {
  readonly isKilled: boolean;
  /** The events that were told, each with its time from the first one. */
  readonly events: readonly { readonly type: string; readonly atMs: number }[];
}

/** A moment of a build: so long after so many events, whatever the machine does beside it. */
interface Moment {
  readonly events: number;
  readonly delayMs: number;
}

/** Starts a build; kills it at a moment, unless it ends before. */
async function attempt(workspace: string, moment?: Moment): Promise<Attempt> {
  const process_ = spawn(process.execPath, ["--import", "tsx", child, recipe, workspace], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const events: { type: string; atMs: number }[] = [];
  let began: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  for await (const type of createInterface({ input: process_.stdout })) {
    began ??= performance.now();
    events.push({ type, atMs: performance.now() - began });
    if (moment === undefined || events.length !== moment.events) continue;
    timer = setTimeout(() => process_.kill("SIGKILL"), moment.delayMs);
  }
  if (process_.exitCode === null && process_.signalCode === null) await once(process_, "exit");
  clearTimeout(timer);
  const { exitCode } = process_;
  if (exitCode !== null && exitCode !== 0) {
    throw new Error(`the build ended with exit code ${exitCode}`);
  }
  return { isKilled: exitCode === null, events };
}

/** Where an unbroken build was when a share of its time had gone. */
function momentAt({ events }: Attempt, share: number): Moment {
  const atMs = share * events.at(-1)!.atMs;
  const before = events.filter((event) => event.atMs <= atMs);
  return { events: before.length, delayMs: atMs - before.at(-1)!.atMs };
}

const datasetsOf = (workspace: string) => join(workspace, "datasets");

/** The data sets of a workspace by name, their folders as they are found. */
async function entriesOf(workspace: string): Promise<{ built: string[]; unfinished: string[] }> {
  const entries = (await readdir(datasetsOf(workspace))).sort();
  const isUnfinished = (entry: string) => entry.startsWith(".");
  return {
    built: entries.filter((entry) => !isUnfinished(entry)),
    unfinished: entries.filter(isUnfinished),
  };
}

test(`${kills} times SIGKILL at moments over the whole build: it ends with the bytes of an unbroken one`, async () => {
  const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
  const other = recipeOf(folder, [{ jsonl: "other.jsonl" }], { name: "other" });
  for (const workspace of [whole, broken]) await buildAll(other, workspace);
  const unbroken = await attempt(whole);
  expect(unbroken.isKilled).toBe(false);
  const expected = await contentOf(datasetsOf(whole));
  const { built } = await entriesOf(whole);
  const [name] = built.filter((entry) => entry.startsWith("killed-"));

  const random = new Random(12);
  const stages: string[] = [];
  for (let tries = 0; stages.length < kills; tries++) {
    expect(tries).toBeLessThan(2 * kills);
    const share = (stages.length + random.uniform()) / kills;
    const { isKilled, events } = await attempt(broken, momentAt(unbroken, share));
    if (isKilled) stages.push(events.at(-1)!.type);
    process.stderr.write(isKilled ? "K" : "-");
    // Done before it was killed, or killed after it was done.
    const found = await entriesOf(broken);
    if (found.built.includes(name!)) {
      const path = join(datasetsOf(broken), name!);
      expect(await contentOf(path)).toEqual(await contentOf(join(datasetsOf(whole), name!)));
      await rm(path, { recursive: true });
    }
    // What one leaves goes with the next; an empty folder of one that died at once may wait.
    const left = found.unfinished.map((entry) => join(datasetsOf(broken), entry, "scratch"));
    expect(left.filter((path) => existsSync(path)).length).toBeLessThanOrEqual(1);
  }

  expect(new Set(stages).size).toBeGreaterThan(3);
  expect((await attempt(broken)).isKilled).toBe(false);
  for (const entry of (await entriesOf(broken)).unfinished) {
    await utimes(join(datasetsOf(broken), entry), 1, 1);
  }
  await buildAll(await loadRecipe(recipe), broken);
  expect(await entriesOf(broken)).toEqual({ built, unfinished: [] });
  const content = await contentOf(datasetsOf(broken));
  expect(content.size).toBeGreaterThan(20);
  expect([...content.keys()]).toEqual([...expected.keys()]);
  for (const [path, bytes] of content) expect(bytes === expected.get(path), path).toBe(true);
}, 300_000);
