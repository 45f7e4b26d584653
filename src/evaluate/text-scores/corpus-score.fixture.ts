import { describe, expect, test } from "vitest";

/** A score of texts that has a form for one sentence and one for a corpus. */
interface CorpusScore {
  readonly sentence: (hypothesis: string, references: readonly string[]) => ScoreLike;
  readonly corpus: (
    hypotheses: readonly string[],
    references: readonly (readonly string[])[],
  ) => ScoreLike;
  /** What identical texts get. */
  readonly perfect: number;
}

interface ScoreLike {
  readonly score: number;
  readonly signature: string;
}

const references = [
  ["The small boat crossed the quiet harbour.", "A small boat went across the harbour."],
  ["Nobody knows who painted the old gate.", "It is not known who painted the old blue gate."],
  ["他们测量了三公斤面粉。", "Sie maßen 3,5 kg Mehl ab."],
];

const hypotheses = [
  "The boat small crossed a harbour before rain",
  "Nobody knows who painted the old gate.",
  "他们量了 3,5 kg 面粉 👩‍💻",
];

/** What holds of every such score, whatever it counts. */
export function describeCorpusScore(name: string, { sentence, corpus, perfect }: CorpusScore) {
  describe(name, () => {
    test.each([
      "The cat, the hat and 3.5 kg of it.",
      "小船在下雨之前穿过了安静的港口。",
      "👩‍💻 fixed the bug 🐛",
    ])("%s is a perfect match of itself", (text) => {
      expect(sentence(text, [text]).score).toBeCloseTo(perfect, 10);
      expect(sentence(text, ["nothing of the kind", text]).score).toBeCloseTo(perfect, 10);
      expect(sentence(text, ["nothing of the kind"]).score).not.toBeCloseTo(perfect, 1);
    });

    test("the order of references does not matter", () => {
      hypotheses.forEach((hypothesis, i) => {
        const [first, second] = references[i]!;
        expect(sentence(hypothesis, [first!, second!])).toEqual(
          sentence(hypothesis, [second!, first!]),
        );
      });
    });

    test("a corpus of one sentence is that sentence", () => {
      hypotheses.forEach((hypothesis, i) => {
        expect(corpus([hypothesis], [references[i]!])).toEqual(
          sentence(hypothesis, references[i]!),
        );
      });
    });

    test("the order of segments does not matter, and saying all twice changes nothing", () => {
      const { score } = corpus(hypotheses, references);
      expect(score).toBeGreaterThan(0);
      expect(score).not.toBeCloseTo(perfect, 1);
      expect(corpus(hypotheses.toReversed(), references.toReversed()).score).toBeCloseTo(score, 9);
      const twice = corpus([...hypotheses, ...hypotheses], [...references, ...references]);
      expect(twice.score).toBeCloseTo(score, 9);
    });

    test("empty texts have a score", () => {
      const pairs = [
        ["", ""],
        ["", "a b"],
        ["a b", ""],
        [" \n", "\u3000"],
      ];
      for (const [hypothesis, reference] of pairs) {
        const { score } = sentence(hypothesis!, [reference!]);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
      }
    });

    test("the number of references is signed, as `var` where it differs", () => {
      expect(corpus(["a"], [["b"]]).signature).toMatch(/^nrefs:1\|/);
      expect(corpus(["a", "b"], [["b"], ["c", "d"]]).signature).toMatch(/^nrefs:var\|/);
    });

    test("texts without references, and numbers that differ, are refused", () => {
      expect(() => sentence("a", [])).toThrow(
        /Sentence: expected at least one reference, got none/,
      );
      expect(() => corpus([], [])).toThrow(/Corpus: expected at least one hypothesis, got none/);
      expect(() => corpus(["a", "b"], [["a"]])).toThrow(/got 2 hypotheses and 1 lists/);
      expect(() => corpus(["a", "b"], [["a"], []])).toThrow(/segment 1: expected at least one ref/);
    });
  });
}
