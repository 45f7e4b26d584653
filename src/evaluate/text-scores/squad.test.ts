import { expect, test } from "vitest";
import { normalizeAnswer, squadScore } from "./squad.ts";

test("case, ASCII marks, articles and white space do not count", () => {
  expect(normalizeAnswer(" The  old\u00a0blue, gate! ")).toBe("old blue gate");
  expect(normalizeAnswer("copy-and-paste an a")).toBe("copyandpaste");
});

test("an article beside a letter or a mark of another script is none", () => {
  expect(normalizeAnswer("àa thé the")).toBe("àa thé");
  expect(normalizeAnswer("“the” end。")).toBe("“ ” end。");
});

test("F1 is that of words, with how often they occur, for the best answer", () => {
  expect(squadScore("big big dog", ["a big dog", "cat"], 1).f1).toBeCloseTo(0.8, 12);
  expect(squadScore("x", ["y", "X."], 2)).toEqual({ exactMatch: 1, f1: 1 });
  expect(squadScore("gate", ["blue gate", "gate"], 1)).toEqual(
    squadScore("gate", ["gate", "blue gate"], 1),
  );
});

test("where nothing is left of both texts, the versions differ in F1", () => {
  expect(squadScore("the", [""], 1)).toEqual({ exactMatch: 1, f1: 0 });
  expect(squadScore("the", [""], 2)).toEqual({ exactMatch: 1, f1: 1 });
  expect(squadScore("word", [""], 2)).toEqual({ exactMatch: 0, f1: 0 });
});

test("no right answer is refused", () => {
  expect(() => squadScore("a", [], 2)).toThrow(/squadScore: expected at least one reference/);
});
