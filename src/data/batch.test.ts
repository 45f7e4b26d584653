import { expect, test } from "vitest";
import { specialTokens } from "../model/text/special-tokens.ts";
import { joinBatches, toBatch } from "./batch.ts";

const parts = { special: specialTokens, images: [], isConditioned: false };

test("documents are counted at <s>; <s> and <pad> are no targets", () => {
  const tokens = Int32Array.of(29, 2, 1, 28, 2, /* next row */ 1, 27, 2, 0, 0);
  const batch = toBatch(tokens, { ...parts, seqLen: 4, sources: [3, 5] });
  expect([...batch.documents]).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  expect([...batch.targets]).toEqual([2, -1, 28, 2, 27, 2, -1, -1]);
  expect(batch.sources).toEqual([3, 5]);
});

test("nobody predicts an image; conditioned targets stand behind one of their document", () => {
  // <s> text image(1 x 2) text </s> <s> text </s>
  const tokens = Int32Array.of(1, 21, 5, 5, 7, 22, 2, 1, 23, 2);
  const targets = (isConditioned: boolean) => [
    ...toBatch(tokens, { ...parts, seqLen: 9, sources: [0], isConditioned }).targets,
  ];
  expect(targets(false)).toEqual([21, -1, -1, -1, 22, 2, -1, 23, 2]);
  expect(targets(true)).toEqual([-1, -1, -1, -1, 22, 2, -1, -1, -1]);
});

test("batches are joined row by row, each image with its row", () => {
  const pixels = { grid: { rows: 1, columns: 1 }, data: new Uint8Array(32 * 32 * 3) };
  const one = (sources: number[], images: number[]) => ({
    tokens: Int32Array.from(sources.flatMap((source) => [source, source])),
    documents: Int32Array.from(sources),
    targets: Int32Array.from(sources, (source) => -source),
    sources,
    images: images.map((row) => ({ row, column: 0, pixels })),
  });
  const joined = joinBatches([one([1, 2], [1]), one([], []), one([3, 4, 5], [0, 2])]);
  expect(joined).toEqual(one([1, 2, 3, 4, 5], [1, 2, 4]));
});
