import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { buildAll, contentOf, folderWith, numberedTexts, recipeOf } from "./build.fixture.ts";
import { buildDataset } from "./build.ts";
import { openUnfinished } from "./built-datasets.ts";
import { openDataset } from "./dataset.ts";

test("documents become <s> tokens </s>, duplicates go, counts and bytes are kept", async () => {
  const lines = ["Ape.", "Ape.\r\n", "  ", "Bee é"].map((text) => JSON.stringify({ text }));
  const base = await folderWith({
    "a.jsonl": lines.join("\n"),
    "b.jsonl": '{"text": "Bee é"}\n{"text": "Cow"}',
  });
  const sources = [{ jsonl: "a.jsonl" }, { jsonl: "b.jsonl", heldoutOnly: true }];
  const recipe = recipeOf(base, sources, { split: { validation: 0, heldout: 0 } });
  const { folder } = await buildAll(recipe, join(base, "w"));
  const bytes = await readFile(join(folder, "train", "s0.bin"));
  const tokens = [...new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)];
  expect(tokens).toEqual([1, 10 + 65, 10 + 112, 10 + 101, 10 + 46, 2]);
  const { manifest } = await openDataset(folder);
  // "Bee é" is measured in s1, so s0 must not train on it: duplicates are a second "Ape." and it.
  expect(manifest.sources[0]).toMatchObject({ duplicates: 2, weight: 1, tokens: { train: 6 } });
  expect(manifest.sources[1]).toMatchObject({
    heldoutOnly: true,
    weight: 0,
    documents: { train: 0, validation: 0, heldout: 2 },
    bytes: { heldout: 9 },
    tokens: { heldout: 13 },
  });
  const counts = JSON.parse(await readFile(join(folder, "heldout", "s1.json"), "utf8"));
  expect(counts).toEqual({ tokens: 13, documents: 2, bytes: 9, images: 0 });
});

test("chats keep their special tokens, documents cannot forge them", async () => {
  const chat = { messages: [{ role: "user", content: "Hi" }] };
  const base = await folderWith({
    "a.jsonl": `${JSON.stringify(chat)}\n{"text": "<|im_start|>"}`,
    "b.jsonl": '{"text": "x"}',
  });
  const sources = [{ jsonl: "a.jsonl" }, { jsonl: "b.jsonl", heldoutOnly: true }];
  const recipe = recipeOf(base, sources, { split: { validation: 0, heldout: 0 } });
  const dataset = await openDataset((await buildAll(recipe, join(base, "w"))).folder);
  const { tokens } = await dataset.batch({ seed: 1, step: 0, batchSize: 1, seqLen: 12 });
  const text = dataset.tokenizer.encode("user\nHi");
  expect([...tokens.slice(0, 11)]).toEqual([1, 3, ...text, 4, 2]);
});

test("the same recipe gives the same bytes anywhere; unchanged, nothing is done", async () => {
  const files = {
    "a.jsonl": numberedTexts(300),
    "docs/a.md": "# Title\n\nSome words here.\n".repeat(40),
  };
  const sources = [
    { jsonl: "a.jsonl" },
    { folder: "docs" },
    { primer: "functions", maxBytes: 20_000 },
  ];
  const rest = {
    tokenizer: "bpe",
    vocabSize: 300,
    split: { validation: 0.1, heldout: 0.2 },
  } as const;
  const [one, two] = [await folderWith(files), await folderWith(files)];
  const first = await buildAll(recipeOf(one, sources, rest), join(one, "w"));
  const second = await buildAll(recipeOf(two, sources, rest), join(two, "w"), 2); // in threads
  const [content, other] = [await contentOf(first.folder), await contentOf(second.folder)];
  content.delete("manifest.json"); // the fingerprint holds file times
  other.delete("manifest.json");
  expect(other).toEqual(content);
  expect(content.size).toBeGreaterThan(10);
  const manifests = [await openDataset(first.folder), await openDataset(second.folder)];
  expect(manifests[1]?.manifest.hash).toBe(manifests[0]?.manifest.hash);

  const again = await buildAll(recipeOf(one, sources, rest), join(one, "w"));
  expect(again.folder).toBe(first.folder);
  expect(again.events.map(({ type }) => type)).toEqual(["dataset-start", "dataset-end"]);
  expect(again.events[1]).toMatchObject({ reused: true });

  // Touched but equal: built again, the same folder, then at rest.
  await utimes(join(one, "a.jsonl"), 1, 1);
  const touched = await buildAll(recipeOf(one, sources, rest), join(one, "w"));
  expect(touched.folder).toBe(first.folder);
  expect(touched.events.at(-1)).toMatchObject({ reused: false });
  const rested = await buildAll(recipeOf(one, sources, rest), join(one, "w"));
  expect(rested.events.at(-1)).toMatchObject({ reused: true });

  // Changed: another folder, the old one stays.
  await writeFile(join(one, "a.jsonl"), numberedTexts(301));
  const changed = await buildAll(recipeOf(one, sources, rest), join(one, "w"));
  expect(changed.folder).not.toBe(first.folder);
  expect((await readdir(join(one, "w", "datasets"))).sort()).toHaveLength(2);
});

test("a stopped or killed build leaves nothing under a final name, a living one stays", async () => {
  const base = await folderWith({ "a.jsonl": numberedTexts(50) });
  const datasets = join(base, "w", "datasets");
  const living = await openUnfinished(datasets);
  const [alive] = await readdir(datasets);
  await mkdir(join(datasets, ".unfinished-killed", "scratch"), { recursive: true });
  await mkdir(join(datasets, ".unfinished-killed-early"));
  await mkdir(join(datasets, ".unfinished-beginning"));
  await utimes(join(datasets, ".unfinished-killed-early"), 1, 1);
  const recipe = recipeOf(base, [{ jsonl: "a.jsonl" }]);
  const build = buildDataset(recipe, { workspaceFolder: join(base, "w"), threads: 0 });
  for await (const event of build) if (event.type === "tokens-start") break;
  expect((await readdir(datasets)).sort()).toEqual([alive, ".unfinished-beginning"].sort());
  await living.remove();

  // Killed after its data set had got its name: the next build finds that, and tidies up.
  await buildAll(recipe, join(base, "w"));
  await mkdir(join(datasets, ".unfinished-late", "scratch"), { recursive: true });
  await utimes(join(datasets, ".unfinished-beginning"), 1, 1);
  const { folder, events } = await buildAll(recipe, join(base, "w"));
  expect(events.at(-1)).toMatchObject({ reused: true });
  expect(await readdir(datasets)).toEqual([basename(folder)]);
});

test("a recipe whose text cannot be used says why and how to mend it", async () => {
  const base = await folderWith({
    "blank.txt": " \n",
    "one.jsonl": '{"text": "Only one"}',
    "few.jsonl": numberedTexts(12),
  });
  const build = (
    ...args: Parameters<typeof recipeOf> extends [string, ...infer Rest] ? Rest : never
  ) => buildAll(recipeOf(base, ...args), join(base, "w"));
  await expect(build([{ folder: ".", include: ["txt"] }])).rejects.toThrow(
    'source "s0": expected text, found none (0 duplicates, 1 blank, 0 skipped); check what it points at',
  );
  await expect(
    build([{ jsonl: "one.jsonl" }], { split: { validation: 0, heldout: 0 } }),
  ).rejects.toThrow(
    'expected held-out documents for the loss "text", got none of 1; raise split.heldout (now 0)',
  );
  await expect(build([{ jsonl: "one.jsonl", heldoutOnly: true }])).rejects.toThrow(
    "expected text to train on",
  );
  const large = {
    tokenizer: "bpe",
    vocabSize: 5000,
    split: { validation: 0.1, heldout: 0.5 },
  } as const;
  await expect(build([{ jsonl: "few.jsonl" }], large)).rejects.toThrow(
    /vocabSize 5000 needs .* merges, but the text .* gave only .*; set vocabSize to/,
  );
  expect(await readdir(join(base, "w", "datasets"))).toEqual([]);
});
