import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
  /** The last event that was told. */
  readonly stage: string;
  /** From the first event to the end of the process. */
  readonly tookMs: number;
}

/** Starts a build; kills it `delayMs` after its first event, unless it ends before. */
async function attempt(workspace: string, delayMs: number): Promise<Attempt> {
  const process_ = spawn(process.execPath, ["--import", "tsx", child, recipe, workspace], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let timer: NodeJS.Timeout | undefined;
  let began = 0;
  let stage = "";
  process_.stdout.on("data", (chunk: Buffer) => {
    began ||= performance.now();
    timer ??= setTimeout(() => process_.kill("SIGKILL"), delayMs);
    stage = chunk.toString().trim().split("\n").at(-1)!;
  });
  const [code] = await once(process_, "close");
  clearTimeout(timer);
  if (code !== null && code !== 0) throw new Error(`the build ended with exit code ${code}`);
  return { isKilled: code === null, stage, tookMs: performance.now() - began };
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
  const { isKilled, tookMs } = await attempt(whole, 600_000);
  expect(isKilled).toBe(false);
  const expected = await contentOf(datasetsOf(whole));
  const { built } = await entriesOf(whole);
  const [name] = built.filter((entry) => entry.startsWith("killed-"));

  const random = new Random(12);
  const stages: string[] = [];
  for (let tries = 0; stages.length < kills; tries++) {
    expect(tries).toBeLessThan(2 * kills);
    const delayMs = ((stages.length + random.uniform()) / kills) * tookMs;
    const { isKilled: isBroken, stage } = await attempt(broken, delayMs);
    if (isBroken) stages.push(stage);
    process.stderr.write(isBroken ? "K" : "-");
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
  expect((await attempt(broken, 600_000)).isKilled).toBe(false);
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
