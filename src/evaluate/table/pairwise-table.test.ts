import { expect, test } from "vitest";
import { namedRubric } from "../judge/rubric.ts";
import { type PairwiseTableOptions, pairwiseTable } from "./pairwise-table.ts";
import { outcomesOf, tableContext } from "./table-context.fixture.ts";

const options: PairwiseTableOptions = {
  ...{ path: "tasks.csv", input: "q", ideal: "right", separator: undefined, examples: [] },
  rows: ["a wins", "b wins", "first", "second", "tie", "half", "unclear"].map((q) => ({
    ...{ q, right: "theirs", human: { "a wins": "A", "b wins": "A", first: "tie" }[q] ?? "" },
  })),
  ...{ system: undefined, callArguments: {}, maxSamples: undefined },
  ...{ rubric: namedRubric("pairwise", "better")!, criteria: "criteria", labels: undefined },
  ...{ answers: undefined, judgeArguments: {}, isBetweenModels: true },
};

/** A judge that does what the question says; A's answers are "ours", B's "theirs". */
function judge(text: string): string {
  const task = options.rows.map(({ q }) => q as string).find((q) => text.includes(`\n${q}\n`))!;
  const isOursFirst = text.indexOf("ours") < text.indexOf("theirs");
  const verdicts: Readonly<Record<string, string>> = {
    "a wins": isOursFirst ? "FIRST" : "SECOND",
    "b wins": isOursFirst ? "SECOND" : "FIRST",
    ...{ first: "FIRST", second: "SECOND", tie: "TIE", half: isOursFirst ? "FIRST" : "TIE" },
    unclear: isOursFirst ? "FIRST" : "neither of them",
  };
  return `VERDICT: ${verdicts[task]}`;
}

const models = () =>
  tableContext(({ by }, text) => (by === "grader" ? judge(text) : ["ours", "theirs"][by]!));

test("who wins in both orders wins, the rest are ties, and the position's share is told", async () => {
  const { asked, context } = models();
  const task = pairwiseTable(options);
  const outcomes = await outcomesOf(task, context);
  const values = (name: string) => outcomes.map(({ scores }) => scores[name]!.value);
  expect(values("win_rate")).toEqual([1, 0, 0.5, 0.5, 0.5, 0.5, null]);
  expect(values("tie")).toEqual([0, 0, 1, 1, 1, 1, null]);
  expect(values("position_followed")).toEqual([0, 0, 1, 1, 0, 0, null]);
  expect(values("judge_invalid")).toEqual([0, 0, 0, 0, 0, 0, 0.5]);
  expect(task.report(outcomes)).toEqual({
    ...{ win_rate: 0.5, tie: 4 / 6, position_followed: 2 / 6, judge_invalid: 0.5 / 7 },
    ...{ wins: 1, losses: 1, ties: 4, followed_first: 1, followed_second: 1 },
  });
  expect(asked.slice(0, 4).map(({ by }) => by)).toEqual([0, 1, "grader", "grader"]);
});

test("one model is compared with the right answers, ready answers with both", async () => {
  const { asked, context } = models();
  const task = pairwiseTable({ ...options, isBetweenModels: false });
  expect(task.report(await outcomesOf(task, context))["win_rate"]).toBe(0.5);
  expect(asked.some(({ by }) => by === 1)).toBe(false);
  const rows = options.rows.map((row) => ({ ...row, said: "ours" }));
  const ready = models();
  const alone = pairwiseTable({ ...options, rows, isBetweenModels: false, answers: "said" });
  expect(alone.report(await outcomesOf(alone, ready.context))["wins"]).toBe(1);
  expect(ready.asked.every(({ by }) => by === "grader")).toBe(true);
});

test("labels of pairs are compared with the winners", async () => {
  const { context } = models();
  const task = pairwiseTable({ ...options, labels: "human" });
  const outcomes = await outcomesOf(task, context);
  const agreement = outcomes.map(({ scores }) => scores["agreement"]!.value);
  expect(agreement).toEqual([1, 0, 1, null, null, null, null]);
  const report = task.report(outcomes);
  expect(report["agreement"]).toBeCloseTo(2 / 3, 12);
  // observed 2/3, by chance (1/3)(2/3) + 0 + (1/3)(1/3) = 1/3
  expect(report["kappa"]).toBeCloseTo(0.5, 12);
  expect(report["judge_b_human_a"]).toBe(1);
  expect(task.summaries!(outcomes)[0]).toMatchObject({ n: 3, unscored: 4 });
});

test("without a right answer to compare with, the column is named", () => {
  const rows = [{ q: "x" }];
  expect(() => pairwiseTable({ ...options, rows, isBetweenModels: false })).toThrow("--ideal");
  expect(pairwiseTable({ ...options, rows }).name).toBe("tasks");
});
