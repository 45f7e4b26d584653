import { describe, expect, test } from "vitest";
import { rouge, rougeOfBest } from "./rouge.ts";

const types = ["rouge1", "rouge2", "rougeL", "rougeLsum"] as const;
const none = { precision: 0, recall: 0, f1: 0 };

describe("ROUGE", () => {
  test("identical texts get 1, texts without a common word 0, empty ones 0", () => {
    const scores = rouge("The cat sat.\nThe dog ran.", "the cat sat\nthe dog ran", { types });
    for (const type of types) expect(scores[type]).toEqual({ precision: 1, recall: 1, f1: 1 });
    expect(Object.values(rouge("a b", "c d", { types }))).toEqual(types.map(() => none));
    expect(Object.values(rouge("", "a", { types }))).toEqual(types.map(() => none));
    expect(Object.values(rouge("小船", "小船", { types }))).toEqual(types.map(() => none));
  });

  test("the longest common subsequence keeps the order of words (Lin 2004, section 3.1)", () => {
    const reference = "police killed the gunman";
    const of = (text: string) => rouge(text, reference, { types: ["rougeL"] }).rougeL.f1;
    expect(of("police kill the gunman")).toBe(3 / 4);
    expect(of("the gunman kill police")).toBe(2 / 4);
  });

  test("line by line, lines share what they have in common (Lin 2004, section 3.2)", () => {
    const text = "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5";
    const { rougeLsum } = rouge(text, "w1 w2 w3 w4 w5", { types: ["rougeLsum"] });
    expect(rougeLsum).toMatchObject({ recall: 4 / 5, precision: 4 / 10 });
  });

  test("swapping the texts swaps precision and recall", () => {
    const [a, b] = ["the cat sat on the mat", "a cat lay on the mat the whole day"];
    const [one, other] = [rouge(a!, b!, { types }), rouge(b!, a!, { types })];
    for (const type of types) {
      expect(one[type].precision).toBe(other[type].recall);
      expect(one[type].f1).toBeCloseTo(other[type].f1, 14);
    }
  });

  test("words of more than three letters are stemmed when asked for", () => {
    const of = (stem: boolean) =>
      rouge("gas running", "ga runs", { types: ["rouge1"], stem }).rouge1.f1;
    expect([of(false), of(true)]).toEqual([0, 1 / 2]);
  });
});

describe("several references", () => {
  test("each type takes the best one, wherever it stands", () => {
    const references = ["a b c d", "b a d c x"];
    const best = rougeOfBest("b a d", references, { types });
    const second = rouge("b a d", references[1]!, { types });
    expect(best.rouge2).toEqual(second.rouge2);
    expect(best.rouge1).toEqual(rouge("b a d", references[0]!, { types }).rouge1);
    expect(rougeOfBest("b a d", references.toReversed(), { types }).rougeL).toEqual(best.rougeL);
  });

  test("none is refused", () => {
    expect(() => rougeOfBest("a", [], { types })).toThrow(/at least one reference, got none/);
  });
});
