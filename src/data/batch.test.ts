import { expect, test } from "vitest";
import { toBatch } from "./batch.ts";

test("documents are counted at <s>; <s> and <pad> are no targets", () => {
  const tokens = Int32Array.of(9, 2, 1, 8, 2, /* next row */ 1, 7, 2, 0, 0);
  const batch = toBatch(tokens, { seqLen: 4, sources: [3, 5], special: { bos: 1, pad: 0 } });
  expect([...batch.documents]).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  expect([...batch.targets]).toEqual([2, -1, 8, 2, 7, 2, -1, -1]);
  expect(batch.sources).toEqual([3, 5]);
});
