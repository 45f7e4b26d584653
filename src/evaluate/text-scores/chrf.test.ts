import { describe, expect, test } from "vitest";
import { chrfCorpus, chrfSentence } from "./chrf.ts";
import { describeCorpusScore } from "./corpus-score.fixture.ts";

describeCorpusScore("chrF", { sentence: chrfSentence, corpus: chrfCorpus, perfect: 100 });

describeCorpusScore("chrF++", {
  sentence: (hypothesis, references) => chrfSentence(hypothesis, references, { wordOrder: 2 }),
  corpus: (hypotheses, references) => chrfCorpus(hypotheses, references, { wordOrder: 2 }),
  perfect: 100,
});

describe("what chrF is made of", () => {
  test("precision and recall are averaged over orders, then combined", () => {
    // Orders 1 and 2: precision 1 and 1, recall 2/3 and 1/2.
    const [precision, recall] = [1, 7 / 12];
    const f = (beta: number) =>
      (100 * (1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
    const options = { characterOrder: 2 };
    expect(chrfSentence("ab", ["abc"], options).score).toBeCloseTo(f(2), 12);
    expect(chrfSentence("ab", ["abc"], { ...options, beta: 1 }).score).toBeCloseTo(f(1), 12);
  });

  test("only orders that both texts have count, unless F is averaged over all", () => {
    expect(chrfSentence("abc", ["abc"]).score).toBe(100);
    const { score } = chrfSentence("abc", ["abc"], { epsilonSmoothing: true });
    expect(score).toBeCloseTo(50, 10);
  });

  test("characters are code points", () => {
    const { counts, hypothesisTotals } = chrfSentence("👍👎", ["👍👏"], { characterOrder: 1 });
    expect([counts, hypothesisTotals]).toEqual([[1], [2]]);
  });

  test("white space and case count only when asked for", () => {
    expect(chrfSentence("a b\u00a0c", ["abc"]).score).toBe(100);
    expect(chrfSentence("a b c", ["abc"], { whitespace: true }).score).toBeLessThan(100);
    expect(chrfSentence("ABC", ["abc"]).score).toBe(0);
    expect(chrfSentence("ABC", ["abc"], { lowercase: true }).score).toBe(100);
  });

  test("one mark is split off a word, the last before the first", () => {
    const options = { characterOrder: 0, wordOrder: 1 };
    // "(hi", ")" and "(ho", ")"; then "(", "hi" and "(", "ho"; then "hi!", "?" and "ho!", "?".
    for (const [hypothesis, reference] of [
      ["(hi)", "(ho)"],
      ["(hi", "(ho"],
      ["hi!?", "ho!?"],
    ]) {
      const { counts, hypothesisTotals } = chrfSentence(hypothesis!, [reference!], options);
      expect([counts, hypothesisTotals]).toEqual([[1], [2]]);
    }
    expect(chrfSentence("hi", ["ho"], options).hypothesisTotals).toEqual([1]);
  });

  test("a corpus sums the counts of each segment's best reference", () => {
    const { counts } = chrfCorpus(["ab", "cd"], [["xy", "ab"], ["cd"]], { characterOrder: 1 });
    expect(counts).toEqual([4]);
  });
});
