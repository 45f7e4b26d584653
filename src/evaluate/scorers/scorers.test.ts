import { describe, expect, test } from "vitest";
import { defaultScorerOptions, type ScorerOptions } from "./scorer.ts";
import { type ScorerName, scorers } from "./scorers.ts";

/** The scores of a text against right answers. */
async function scored(
  name: ScorerName,
  text: string,
  ideals: readonly string[],
  told: Partial<ScorerOptions> = {},
) {
  const scorer = scorers[name]({ ...defaultScorerOptions, ...told });
  return (await scorer.against(ideals, {}))(text);
}

async function firstValue(...given: Parameters<typeof scored>) {
  return Object.values(await scored(...given))[0]!.value;
}

describe.each<[ScorerName, string, string[], number]>([
  ["exact", "Paris.", ["paris"], 1],
  ["exact", "in Paris", ["paris"], 0],
  ["exact", "-5", ["5"], 0],
  ["exact", "答案：北京", ["北京"], 0],
  ["exact", "「北京」", ["北京"], 1],
  ["includes", "I think it is Paris", ["London", "PARIS"], 1],
  ["includes", "Lyon", ["Paris"], 0],
  ["includes", "nothing of that kind", ["?"], 0],
  ["numeric", "The total is $1,200.00", ["1200"], 1],
  ["numeric", "12 or 13", ["12"], 0],
  ["numeric", "no idea", ["12"], 0],
  ["numeric", "3,14", ["3.14"], 0],
  ["numeric", "3,14", ["3,14"], 1],
  ["numeric", "it is 1/2", ["1/2"], 1],
  ["numeric", "2", ["1/2"], 0],
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
  ["drop", "Jones\nSmith", ["Smith\nJones"], 1],
  ["drop", "Smith", ["Smith\nJones"], 0.5],
  ["anls", "helo", ["hello"], 0.8],
  ["rouge1", "the cat sat", ["the cat slept"], 2 / 3],
  ["rouge2", "the cat sat", ["the cat slept"], 0.5],
  ["rougeL", "police kill the gunman", ["police killed the gunman"], 0.75], // Lin 2004, section 3
  ["rougeLsum", "police kill the gunman", ["police killed the gunman"], 0.75],
  ["bleu", "the cat sat on the mat", ["the cat sat on the mat"], 100],
  ["chrf", "cat", ["cat"], 100],
  ["ter", "a b c d", ["a b c e"], 25],
])("%s of %j", (scorer, text, ideals, value) => {
  test(`is ${value} against ${ideals}`, async () => {
    expect(await firstValue(scorer, text, ideals)).toBeCloseTo(value, 12);
  });
});

test("several scores stand side by side, the one that counts first", async () => {
  expect(await scored("f1", "the cat", ["Cat!"])).toEqual({
    f1: { value: 1, answer: "the cat" },
    exact_match: { value: 1 },
  });
  expect(Object.keys(await scored("rougeL", "a", ["a"]))).toEqual([
    ...["rougeL", "rougeL_precision", "rougeL_recall"],
  ]);
});

test.each<[Partial<ScorerOptions>, string, string, number]>([
  [{}, "1000000.5", "1000000", 1],
  [{}, "1000002", "1000000", 0],
  [{}, "0.0000001", "0", 0],
  [{ tolerance: 0.01 }, "101", "100", 1],
  [{ tolerance: 0.01 }, "101.1", "100", 0],
  [{ absoluteTolerance: 0.5, tolerance: 0 }, "3.5", "3", 1],
  [{ absoluteTolerance: 0.5, tolerance: 0 }, "3.6", "3", 0],
])("numbers with %j: %s for %s is %d", async (told, text, ideal, value) => {
  expect(await firstValue("numeric", text, [ideal], told)).toBe(value);
});

test("ROUGE leaves what it cannot read unscored, and stems when told", async () => {
  const chinese = await scored("rougeL", "北京", ["北京"]);
  expect(chinese["rougeL"]).toMatchObject({ value: null });
  expect(chinese["rougeL"]!.explanation).toContain("--scorer chrf");
  expect(await firstValue("rouge1", "killing", ["killed"])).toBe(0);
  expect(await firstValue("rouge1", "killing", ["killed"], { stem: true })).toBe(1);
});

test.each<[ScorerName, string, string]>([
  ["regex", "(", "--scorer regex: ("],
  ["numeric", "about three", "expected a number as right answer"],
  ["choice", "???", "expected a letter as right answer"],
  ["json", "{'a': 1}", "expected JSON as right answer"],
])("%s refuses the right answer %j before anything is asked", async (name, ideal, message) => {
  await expect(scored(name, "x", [ideal])).rejects.toThrow(message);
});
