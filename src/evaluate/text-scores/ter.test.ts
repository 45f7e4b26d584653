import { describe, expect, test } from "vitest";
import { describeCorpusScore } from "./corpus-score.fixture.ts";
import { terCorpus, terSentence } from "./ter.ts";

describeCorpusScore("TER", { sentence: terSentence, corpus: terCorpus, perfect: 0 });

function edits(hypothesis: string, reference: string): number {
  return terSentence(hypothesis, [reference]).edits;
}

describe("edits", () => {
  test.each([
    ["added", "a b d", "a b c d", 1],
    ["left out", "a b x c d", "a b c d", 1],
    ["replaced", "a x c d", "a b c d", 1],
    ["a run of words moved", "c d e a b", "a b c d e", 1],
    ["two runs moved", "b a c e d", "a b c d e", 2],
    ["moved to the end", "e a b c d", "a b c d e", 1],
    ["all new", "x y", "a b c", 3],
  ])("%s: %s", (_, hypothesis, reference, count) => {
    expect(edits(hypothesis, reference)).toBe(count);
  });

  test("are by the mean length of the references, for the one with the fewest", () => {
    const { edits, referenceLength, score } = terSentence("a b c", ["a b c d", "x y"]);
    expect([edits, referenceLength]).toEqual([1, 3]);
    expect(score).toBeCloseTo(100 / 3, 12);
  });

  test("moves never cost more than they save", () => {
    const words = Array.from({ length: 60 }, (_, i) => `w${(i * 7) % 11}`);
    for (let turn = 1; turn < 60; turn += 7) {
      const turned = [...words.slice(turn), ...words.slice(0, turn)];
      const bound = turned.filter((word, i) => word !== words[i]).length;
      expect(edits(turned.join(" "), words.join(" "))).toBeLessThanOrEqual(bound);
    }
  });

  test("an empty reference is 100 for any words, 0 for none", () => {
    expect(terSentence("a b c", [""])).toMatchObject({ score: 100, edits: 3, referenceLength: 0 });
    expect(terSentence("", [""]).score).toBe(0);
    expect(terSentence("", ["a b"]).score).toBe(100);
  });

  test("texts of very different length stay within the beam", () => {
    const long = Array.from({ length: 200 }, (_, i) => `w${i}`).join(" ");
    expect(edits("w199", long)).toBe(199);
    expect(edits(long, "w0")).toBe(199);
  });
});

describe("tokenization", () => {
  test("case does not count unless asked for", () => {
    expect(edits("A B", "a b")).toBe(0);
    expect(terSentence("A B", ["a b"], { caseSensitive: true }).edits).toBe(2);
  });

  test("tercom's rules set marks apart, and marks can be left out", () => {
    expect(edits("well, it's 3.5", "well , it 's 3.5")).toBe(4);
    expect(terSentence("well, it's 3.5", ["well , it 's 3.5"], { normalized: true }).edits).toBe(0);
    expect(terSentence("(well)!", ["well"], { noPunctuation: true }).edits).toBe(0);
  });

  test("ideographs are words with Asian support only", () => {
    const chinese = (asianSupport: boolean) =>
      terSentence("小船来了。", ["小船去了。"], { normalized: true, asianSupport });
    expect(chinese(false)).toMatchObject({ edits: 1, referenceLength: 1 });
    expect(chinese(true)).toMatchObject({ edits: 1, referenceLength: 5 });
    const marks = { noPunctuation: true, asianSupport: true };
    expect(terSentence("来，了。", ["来了"], marks).edits).toBe(0);
  });
});
