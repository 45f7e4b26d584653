import { expect, test } from "vitest";
import { jaccard, wordShingles } from "./shingles.ts";

test("two texts of two shared shingles in five", () => {
  const [a, b] = ["one two three four five six seven", "two three four five six seven eight nine"];
  expect(wordShingles("One,\u00a0TWO three_3 (four) five!")).toEqual(
    new Set(["one two three_3 four five"]),
  );
  expect(jaccard(wordShingles(a!), wordShingles(b!))).toBe(2 / 5);
});

test("texts shorter than a shingle, and without words", () => {
  expect(wordShingles("just two")).toEqual(new Set(["just two"]));
  expect(wordShingles("?!")).toEqual(new Set());
  expect(jaccard(wordShingles("?!"), wordShingles(""))).toBeNull();
});
