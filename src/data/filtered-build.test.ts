import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildAll, contentOf, folderWith, recipeOf } from "./build.fixture.ts";
import { openDataset } from "./dataset.ts";
import { readManifest } from "./manifest.ts";
import { Random } from "./random.ts";

/** A text of `count` invented words. */
function words(seed: number, count: number): string[] {
  const random = new Random(seed);
  const letters = "abcdefghijklmnopqrstuvwxyz".split("");
  return Array.from({ length: count }, () =>
    Array.from({ length: random.integer(3, 9) }, () => random.pick(letters)).join(""),
  );
}

function jsonLines(texts: readonly string[]): string {
  return texts.map((text) => `${JSON.stringify({ text })}\n`).join("");
}

async function removedOf(folder: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, "removed.jsonl"), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("near duplicates go, each named with its twin; less similar texts stay", async () => {
  const texts = Array.from({ length: 60 }, (_, i) => words(i, 200));
  // one word changed of 200: Jaccard 191/201; every tenth word changed: far below the threshold
  const near = texts.slice(0, 20).map((text) => text.with(100, "changed").join(" "));
  const far = texts
    .slice(20, 40)
    .map((text) => text.map((w, i) => (i % 10 === 0 ? "x" : w)).join(" "));
  const plain = texts.map((text) => text.join(" "));
  const base = await folderWith({ "a.jsonl": jsonLines([...plain, ...near, ...far]) });
  const source = { jsonl: "a.jsonl", name: "texts" };
  const { folder } = await buildAll(recipeOf(base, [source]), join(base, "w"));
  const [made] = (await readManifest(folder)).sources;
  expect(made).toMatchObject({ duplicates: 0, nearDuplicates: 20, contaminated: 0, broken: 0 });
  const removed = await removedOf(folder);
  expect(removed.map(({ id, twin }) => [id, twin])).toEqual(
    near.map((_, i) => [`line ${61 + i}#0`, { source: "texts", id: `line ${i + 1}#0` }]),
  );
  for (const { jaccard } of removed) expect(jaccard).toBeGreaterThan(0.75);
  const off = recipeOf(base, [source], { nearDuplicates: false, name: "off" });
  const kept = await buildAll(off, join(base, "w"));
  expect((await readManifest(kept.folder)).sources[0]).toMatchObject({ nearDuplicates: 0 });
});

test("training text with an evaluation item goes, held-out text stays", async () => {
  const items = Array.from({ length: 50 }, (_, i) => words(1000 + i, 40).join(" "));
  const planted = Array.from({ length: 200 }, (_, i) => {
    const text = words(i, 120);
    return (i < 50 ? text.toSpliced(60, 0, items[i]!, "!") : text).join(" ");
  });
  const questions = items.map((question) => `${JSON.stringify({ question })}\n`).join("");
  const base = await folderWith({ "a.jsonl": jsonLines(planted), "exam/q.jsonl": questions });
  const recipe = recipeOf(base, [{ jsonl: "a.jsonl", name: "texts" }], { contamination: ["exam"] });
  const { folder } = await buildAll(recipe, join(base, "w"));
  const manifest = await readManifest(folder);
  expect(manifest.contamination.sets).toEqual({ "exam/q": 50 });
  const removed = await removedOf(folder);
  const [made] = manifest.sources;
  expect(made!.contaminated).toBe(removed.length);
  expect(removed.every(({ set, reason }) => set === "exam/q" && reason === "evaluation item")).toBe(
    true,
  );
  // all planted ones that are not in the validation or held-out part
  const numbers = removed.map(({ id }) => Number(/\d+/.exec(String(id))![0]));
  expect(numbers.every((line) => line <= 50)).toBe(true);
  const { train, validation, heldout } = made!.documents;
  expect(train + validation + heldout + removed.length).toBe(200);
  expect(removed.length).toBeGreaterThan(50 - validation - heldout - 1);

  const other = items.slice(1).map((question) => `${JSON.stringify({ question })}\n`);
  const { events } = await buildAll(recipe, join(base, "w"));
  expect(events.at(-1)).toMatchObject({ reused: true });
  const changed = await folderWith({
    "a.jsonl": jsonLines(planted),
    "exam/q.jsonl": other.join(""),
  });
  const again = await buildAll({ ...recipe, baseFolder: changed }, join(base, "w"));
  expect(again.events.at(-1)).toMatchObject({ reused: false });
});

test("drawings: images stand where their marks are, and the build repeats itself", async () => {
  const base = await folderWith({});
  const sources = [
    { drawing: "shapes", name: "shapes", loss: "image", maxBytes: 6_000 },
    { primer: "stories", name: "stories", maxBytes: 20_000 },
  ];
  const recipe = recipeOf(base, sources, { testItems: 3 });
  const { folder } = await buildAll(recipe, join(base, "w"));
  const again = await buildAll(recipe, join(base, "v"));
  expect(await contentOf(again.folder)).toEqual(await contentOf(folder));
  const unchanged = await buildAll(recipe, join(base, "w"));
  expect(unchanged.events.at(-1)).toMatchObject({ reused: true });

  const dataset = await openDataset(folder);
  const { losses, sources: made, tasks } = dataset.manifest;
  expect(losses.map(({ name }) => name)).toEqual(["image", "text"]);
  expect(made[0]!.images.train).toBe(made[0]!.documents.train);
  expect(made[1]!.images.train).toBe(0);
  expect(tasks).toEqual(["shapes"]);

  const batch = await dataset.batch({ seed: 1, step: 0, batchSize: 8, seqLen: 64 });
  expect(batch.images.length).toBeGreaterThan(2);
  const { image, imageEnd } = dataset.tokenizer.special;
  for (const { row, column, pixels } of batch.images) {
    const start = row * 65 + column;
    const { rows, columns } = pixels.grid;
    expect(batch.tokens[start]).toBe(image);
    expect(batch.tokens[start + rows * (columns + 1) - 1]).toBe(imageEnd);
  }
  const loads = dataset.imageLoads(64);
  const perSequence = loads.reduce((sum, load) => sum + load.perSequence, 0);
  let seen = 0;
  for (let step = 0; step < 128; step++) {
    seen += (await dataset.batch({ seed: 1, step, batchSize: 8, seqLen: 64 })).images.length;
  }
  // weights hold over 1024 sequences; only the order of windows is random
  expect(seen / 1024 / perSequence).toBeGreaterThan(0.9);
  expect(seen / 1024 / perSequence).toBeLessThan(1.1);

  const [line] = (await readFile(join(folder, "tasks", "shapes.jsonl"), "utf8")).split("\n");
  const item = JSON.parse(line!) as { prompt: string; image: number };
  expect(item.prompt).toMatch(/^\[IMG\]Q: .*\nA:$/);
  expect((await dataset.image(item.image)).grid.rows).toBeGreaterThan(1);
  await dataset.close();
});
