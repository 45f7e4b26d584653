import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildAll, folderWith, numberedTexts, recipeOf } from "./build.fixture.ts";
import { type Dataset, openDataset } from "./dataset.ts";

let dataset: Dataset;

beforeAll(async () => {
  const base = await folderWith({ "a.jsonl": numberedTexts(200) });
  const sources = [
    { jsonl: "a.jsonl", name: "texts" },
    { primer: "stories", name: "stories", maxBytes: 30_000, weight: 3 },
  ] as const;
  const { folder } = await buildAll(recipeOf(base, sources), join(base, "w"));
  dataset = await openDataset(folder);
});

test("a batch is a function of the request alone", async () => {
  const request = { seed: 3, step: 7, batchSize: 4, seqLen: 16 };
  const batch = await dataset.batch(request);
  await dataset.batch({ ...request, step: 0 });
  await dataset.batch({ ...request, seed: 4, seqLen: 8 });
  expect(await dataset.batch(request)).toEqual(batch);
  expect(await dataset.batch({ ...request, seed: 4 })).not.toEqual(batch);
  expect(batch.tokens).toHaveLength(4 * 17);
  expect(batch.documents).toHaveLength(4 * 16);
});

test("sequences do not depend on how they are batched", async () => {
  const rows = async (batchSize: number) => {
    const all: number[] = [];
    for (let step = 0; step * batchSize < 12; step++) {
      all.push(...(await dataset.batch({ seed: 1, step, batchSize, seqLen: 16 })).tokens);
    }
    return all;
  };
  expect(await rows(3)).toEqual(await rows(4));
});

test("held-out windows score every token but <s> exactly once, and their text is the bytes", async () => {
  for (const source of ["texts", "stories"]) {
    for (const seqLen of [7, 64, 100_000]) {
      const set = dataset.heldout(source, seqLen);
      const scored: number[] = [];
      for (let start = 0; start < set.windows; start += 5) {
        const { targets } = await set.read(start, 5);
        scored.push(...targets.filter((target) => target >= 0));
      }
      const { documents, tokens, bytes } = dataset.manifest.sources.find(
        ({ name }) => name === source,
      )!;
      expect(scored).toHaveLength(tokens.heldout - documents.heldout);
      // Byte tokens: what is scored is the text and one </s> per document, in order.
      const { eos } = dataset.tokenizer.special;
      const text = scored.filter((token) => token !== eos);
      expect(dataset.tokenizer.decodeBytes(text)).toHaveLength(bytes.heldout);
      expect(scored.length - text.length).toBe(documents.heldout);
    }
  }
});

test("validation and held-out sets are different text", async () => {
  const first = async (kind: "heldout" | "validation") => [
    ...(await dataset[kind]("texts", 16).read(0, 1)).tokens,
  ];
  expect(await first("heldout")).not.toEqual(await first("validation"));
});

test("an unknown source is named with the known ones", () => {
  expect(() => dataset.heldout("text", 8)).toThrow(
    'expected a source with heldout text (texts, stories), got "text"',
  );
});
