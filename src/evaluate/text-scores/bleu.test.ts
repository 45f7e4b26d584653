import { describe, expect, test } from "vitest";
import { bleuCorpus, bleuSentence } from "./bleu.ts";
import { describeCorpusScore } from "./corpus-score.fixture.ts";

describeCorpusScore("BLEU", {
  sentence: (hypothesis, references) =>
    bleuSentence(hypothesis, references, { tokenizer: "zh", effectiveOrder: false }),
  corpus: (hypotheses, references) => bleuCorpus(hypotheses, references, { tokenizer: "zh" }),
  perfect: 100,
});

describe("what BLEU is made of", () => {
  test("a word counts at most as often as a reference has it", () => {
    const references = ["the cat is on the mat", "there is a cat on the mat"];
    const { counts, totals, precisions } = bleuSentence("the the the the the the the", references);
    expect([counts[0], totals[0]]).toEqual([2, 7]); // Papineni et al. 2002, example 2
    expect(precisions[0]).toBeCloseTo(200 / 7, 12);
  });

  test("the penalty is e to the power of 1 - r / c, and none when the hypothesis is longer", () => {
    const short = bleuSentence("a b c", ["a b c d"]);
    expect(short.brevityPenalty).toBeCloseTo(Math.exp(1 - 4 / 3), 15);
    expect(short.score).toBeCloseTo(100 * Math.exp(1 - 4 / 3), 10);
    expect(bleuSentence("a b c d", ["a b c"]).brevityPenalty).toBe(1);
  });

  test("the length is that of the closest reference, of two the shorter one", () => {
    const references = ["a b c d e", "a b c", "a b c d e f g"];
    expect(bleuSentence("a b c d", references).referenceLength).toBe(3);
    expect(bleuSentence("a b c d e f", references.toReversed()).referenceLength).toBe(5);
  });

  test("orders beyond the hypothesis count only without an effective order", () => {
    expect(bleuSentence("a b", ["a b"]).score).toBeCloseTo(100, 10);
    expect(bleuSentence("a b", ["a b"], { effectiveOrder: false }).score).toBe(0);
    expect(bleuCorpus(["a b"], [["a b"]]).score).toBe(0);
  });

  test("a corpus is scored from sums, not as the mean of its sentences", () => {
    const { counts, totals, score } = bleuCorpus(["a b", "c d e"], [["a b"], ["c x e"]], {
      maxOrder: 1,
    });
    expect([counts, totals]).toEqual([[4], [5]]);
    expect(score).toBeCloseTo(80, 10);
  });
});

describe("smoothing", () => {
  const score = (smoothing: "exp" | "floor" | "add-k" | "none", smoothingValue?: number) =>
    bleuSentence("a b x c", ["a b c d"], { smoothing, smoothingValue });

  test("exp halves with each order that has no match", () => {
    const expected = [75, 100 / 3, 100 / (2 * 2), 100 / (4 * 1)];
    score("exp").precisions.forEach((precision, i) => {
      expect(precision).toBeCloseTo(expected[i]!, 12);
    });
  });

  test("floor gives a share of a match, add-k adds to both sides", () => {
    expect(score("floor").precisions.slice(2)).toEqual([5, 10]);
    expect(score("floor", 0.5).precisions.slice(2)).toEqual([25, 50]);
    expect(score("add-k").counts).toEqual([3, 2, 1, 1]);
    expect(score("add-k").totals).toEqual([4, 4, 3, 2]);
  });

  test("none leaves zeros, and nothing helps a text without any match", () => {
    expect(score("none").score).toBe(0);
    for (const smoothing of ["exp", "floor", "add-k"] as const) {
      expect(bleuSentence("x y", ["a b"], { smoothing }).score).toBe(0);
    }
  });

  test("is signed with its value", () => {
    expect(score("floor").signature).toBe("nrefs:1|case:mixed|eff:yes|tok:13a|smooth:floor[0.10]");
    expect(bleuSentence("A", ["a"], { lowercase: true }).signature).toContain("case:lc");
    expect(bleuSentence("A", ["a"], { lowercase: true }).counts[0]).toBe(1);
  });
});
