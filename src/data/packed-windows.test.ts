import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { imageTokens } from "../model/image/image-tokens.ts";
import { specialTokens } from "../model/text/special-tokens.ts";
import { DocumentIndexWriter, readDocumentIndex } from "./document-index.ts";
import { PackedWindows } from "./packed-windows.ts";
import { Random } from "./random.ts";
import { TokenFile } from "./token-file.ts";

const grids = [
  { rows: 2, columns: 4 },
  { rows: 3, columns: 3 },
];
const vocabSize = 300;

/** A stream of documents, each of words and images: a number above 99 is a word. */
async function streamOf(documents: readonly (readonly number[])[], seqLen: number) {
  const base = join(await mkdtemp(join(tmpdir(), "packed-")), "s");
  const index = await DocumentIndexWriter.create(base);
  const stream: number[] = [];
  for (const parts of documents) {
    const tokens: number[] = [specialTokens.bos];
    const images: { offset: number; image: number }[] = [];
    for (const part of parts) {
      if (part > 99) tokens.push(part);
      else {
        images.push({ offset: tokens.length, image: part });
        tokens.push(...imageTokens(grids[part]!, specialTokens));
      }
    }
    tokens.push(specialTokens.eos);
    await index.add(tokens.length, images);
    stream.push(...tokens);
  }
  await index.finish();
  await writeFile(`${base}.bin`, new Uint8Array(Uint16Array.from(stream).buffer));
  const file = await TokenFile.open(`${base}.bin`, stream.length, vocabSize);
  const options = { index: await readDocumentIndex(base, stream.length), seqLen };
  return { stream, windows: new PackedWindows(file, { ...options, gridOf: (i) => grids[i]! }) };
}

async function readAll(windows: PackedWindows, seqLen: number) {
  const all = [];
  for (let window = 0; window < windows.count; window++) {
    const tokens = new Int32Array(seqLen + 1).fill(specialTokens.pad);
    const images = await windows.read(window, tokens);
    all.push({ tokens: [...tokens], images });
  }
  return all;
}

test("documents stay whole where they fit, and images know their columns", async () => {
  const documents = [[0, 101, 102], [1, 103], [104], [105, 0, 106]]; // 14, 15, 3 and 14 tokens
  const { windows } = await streamOf(documents, 32);
  const all = await readAll(windows, 32);
  expect(all.map(({ images }) => images)).toEqual([
    [
      { image: 0, column: 1, grid: grids[0] },
      { image: 1, column: 15, grid: grids[1] },
    ],
    [{ image: 0, column: 2, grid: grids[0] }],
  ]);
  expect(all[0]!.tokens.slice(29)).toEqual([1, 104, 2, specialTokens.pad]);
  expect(all[1]!.tokens.slice(14)).toEqual(Array(19).fill(specialTokens.pad));
});

test("every word is a target once, no image is cut, whatever the length", async () => {
  const random = new Random(5);
  const documents = Array.from({ length: 60 }, () =>
    Array.from({ length: random.integer(1, 40) }, () =>
      random.next() < 0.2 ? random.integer(0, 1) : random.integer(100, 299),
    ),
  );
  for (const seqLen of [12, 16, 37, 64, 1000]) {
    const { stream, windows } = await streamOf(documents, seqLen);
    const all = await readAll(windows, seqLen);
    const targets = all.flatMap(({ tokens }) => tokens.slice(1)).filter((token) => token > 99);
    expect(targets).toEqual(stream.filter((token) => token > 99));
    let images = 0;
    for (const window of all) {
      const marks = window.tokens.filter((token) => token === specialTokens.image).length;
      const placed = window.images.reduce((sum, { grid }) => sum + grid.rows * grid.columns, 0);
      expect(placed).toBe(marks);
      for (const { column, grid } of window.images) {
        const layout = imageTokens(grid, specialTokens);
        expect(window.tokens.slice(column, column + layout.length)).toEqual(layout);
      }
      images += window.images.length;
    }
    expect(images).toBe(documents.flat().filter((part) => part < 100).length);
  }
});

test("an image larger than a sequence says which length it needs", async () => {
  await expect(streamOf([[1, 101]], 11)).rejects.toThrow(
    "an image of 3 x 3 tokens takes 12 positions, expected at most the 11 of a sequence; train with --seq-len 16",
  );
});

test("an index that does not fit its tokens is refused", async () => {
  const base = join(await mkdtemp(join(tmpdir(), "packed-")), "s");
  const index = await DocumentIndexWriter.create(base);
  await index.add(5, [{ offset: 1, image: 0 }]);
  await index.finish();
  await expect(readDocumentIndex(base, 6)).rejects.toThrow("documents of 6 tokens together, got 5");
  await expect(readDocumentIndex(`${base}x`, 6)).rejects.toThrow("build the data set again");
});
