import { describe, expect, test } from "vitest";
import { answerScorers, comparable, lastNumber, type ScorerName } from "./scorers.ts";

test.each([
  ["  The Answer. ", "the answer"],
  ["「北京」。", "北京"],
  ["ＡＢＣ１２", "abc12"],
  ["٤٢", "42"],
  ["৩৭%", "37"],
  ["𝟗𝟗", "99"],
  ["a\u00a0 b\n", "a b"],
])("%j is compared as %j", (text, wanted) => {
  expect(comparable(text)).toBe(wanted);
});

test.each([
  ["so it is 1,234.5.", 1234.5],
  ["7 apples, then −3", -3],
  ["答案是４２", 42],
  ["1e3 or 2.5e-2", 0.025],
  ["none", undefined],
])("the last number of %j is %s", (text, wanted) => {
  expect(lastNumber(text)).toBe(wanted);
});

describe.each<[ScorerName, string, string[], number]>([
  ["exact", "Paris.", ["paris"], 1],
  ["exact", "in Paris", ["paris"], 0],
  ["includes", "I think it is Paris", ["London", "PARIS"], 1],
  ["includes", "Lyon", ["Paris"], 0],
  ["numeric", "The total is $1,200.00", ["1200"], 1],
  ["numeric", "12 or 13", ["12"], 0],
  ["numeric", "no idea", ["12"], 0],
  ["choice", "B", ["b"], 1],
  ["choice", "(B) because A is wrong", ["B"], 1],
  ["choice", "A or C? The answer is C", ["C"], 1],
  ["choice", "答案：D。", ["D"], 1],
  ["choice", "I don't know", ["D"], 0],
  ["choice", "I think it is (d).", ["D"], 1],
  ["choice", "I would say a bird, so C", ["C"], 1],
  ["choice", "A. because I saw it", ["A"], 1],
  ["choice", "Reasons first.\nB", ["B"], 1],
  ["regex", "code 4711!", ["\\b4\\d{3}\\b"], 1],
  ["json", 'Sure:\n```json\n{"a": [1, 2.0]}\n```', ['{"a":[1,2]}'], 1],
  ["json", "{'a': 1}", ['{"a":1}'], 0],
  ["f1", "the cat sat", ["a cat"], 2 / 3],
])("%s of %j", (scorer, text, ideals, value) => {
  test(`is ${value} against ${ideals}`, () => {
    expect(answerScorers[scorer](text, ideals).value).toBeCloseTo(value, 12);
  });
});

test("a pattern that is none is named", () => {
  expect(() => answerScorers.regex("x", ["("])).toThrow(/--scorer regex: \(/);
});
