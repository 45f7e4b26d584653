import { expect, test } from "vitest";
import { goldenCases, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { jaccard, normaliseText, shingles, wordShingles, wordsOf } from "./shingles.ts";

const golden = (fn: string) => goldenCases("dedup", fn);

test("normalises texts and finds their words as the golden cases say", (context) => {
  const cases = golden("normalise_text");
  context.skip(cases === undefined, withoutSharedData);
  for (const { id, in: given, out } of cases!) {
    const normalised = normaliseText(given.text);
    const answer = { normalised, words: wordsOf(given.text), code_points: [...normalised].length };
    expect(answer, id).toEqual(out);
  }
});

test.for([
  ["jaccard_words", (text: string, n: number) => wordShingles(text, n)],
  ["jaccard_chars", (text: string, n: number) => shingles([...normaliseText(text)], n)],
] as const)(
  "%s: sets and their overlap are those of the golden cases",
  ([fn, shinglesOf], context) => {
    const cases = golden(fn);
    context.skip(cases === undefined, withoutSharedData);
    for (const { id, in: given, out } of cases!) {
      const [a, b] = [shinglesOf(given.a, given.n), shinglesOf(given.b, given.n)];
      expect({ size_a: a.size, size_b: b.size, jaccard: jaccard(a, b) }, id).toEqual({
        size_a: out.size_a,
        size_b: out.size_b,
        jaccard: out.jaccard,
      });
    }
  },
);

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
