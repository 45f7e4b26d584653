import { expect, test } from "vitest";
import { namedRubric } from "../judge/rubric.ts";
import { type GradedTableOptions, gradedTable } from "./graded-table.ts";
import { outcomesOf, tableContext } from "./table-context.fixture.ts";

const options: GradedTableOptions = {
  ...{ path: "sums.csv", input: "q", ideal: "right", separator: undefined, examples: [] },
  rows: [
    { q: "2 + 2?", right: "4", human: "yes", said: "four" },
    { q: "3 + 3?", right: "6", human: "yes", said: "seven" },
    { q: "5 + 5?", right: "10", human: "no", said: "11" },
    { q: "1 + 1?", right: "2", human: "no", said: "3" },
  ],
  ...{ system: undefined, callArguments: { max_tokens: 9 }, maxSamples: undefined },
  ...{ rubric: namedRubric("graded", "correct")!, criteria: "criteria", labels: undefined },
  ...{ answers: undefined, judgeArguments: { temperature: 0 }, votes: 1 },
};

test("a judge decides, and an unclear verdict is unscored and counted, not wrong", async () => {
  const { asked, context } = tableContext(({ by }, text) => {
    if (by === 0) return `answer to ${text}`;
    if (text.includes("5 + 5")) return "I cannot say.";
    return text.includes("2 + 2") ? "Good.\nVERDICT: YES" : "Bad.\nVERDICT: NO";
  });
  const task = gradedTable(options);
  const outcomes = await outcomesOf(task, context);
  expect(outcomes.map(({ scores }) => scores["accuracy"]!.value)).toEqual([1, 0, null, 0]);
  expect(outcomes[0]!.scores["accuracy"]).toMatchObject({ explanation: "Good.\nVERDICT: YES" });
  expect(outcomes[2]!.scores["accuracy"]).toMatchObject({ answer: "invalid" });
  expect(task.report(outcomes)).toEqual({ accuracy: 1 / 3, judge_invalid: 0.25 });
  expect(task.summaries!(outcomes)).toEqual([]);
  expect(asked[0]).toMatchObject({ by: 0, arguments: { max_tokens: 9 } });
  const prompt = String(asked[1]!.messages[0]!.content);
  for (const part of ["2 + 2?", "\n4\n", "answer to 2 + 2?"]) expect(prompt).toContain(part);
  expect(asked[1]!.arguments).toEqual({ temperature: 0 });
});

test("of several votes the majority holds, even ones are unscored", async () => {
  const votes: Readonly<Record<string, readonly string[]>> = {
    "2 + 2?": ["VERDICT: YES", "VERDICT: NO", "VERDICT: YES"],
    "3 + 3?": ["?", "VERDICT: NO", "?"],
    "5 + 5?": ["VERDICT: YES", "VERDICT: NO", "?"],
    "1 + 1?": ["?", "?", "?"],
  };
  const { asked, context } = tableContext((question, text) => {
    if (question.by === 0) return "x";
    const key = Object.keys(votes).find((one) => text.includes(one))!;
    return votes[key]![question.arguments["seed"] as number]!;
  });
  const task = gradedTable({ ...options, votes: 3 });
  const outcomes = await outcomesOf(task, context);
  expect(outcomes.map(({ scores }) => scores["accuracy"]!.value)).toEqual([1, 0, null, null]);
  expect(outcomes[2]!.scores["accuracy"]!.explanation).toBe("the votes are even");
  const agree = outcomes.map(({ scores }) => scores["votes_agree"]!.value);
  expect(agree).toEqual([2 / 3, 1, 0.5, null]);
  expect(task.report(outcomes)["judge_invalid"]).toBeCloseTo((0 + 2 + 1 + 3) / 12, 12);
  expect(asked.filter(({ by }) => by === "grader")).toHaveLength(12);
});

test("a judge is tested on answers and labels that are there: no model is asked", async () => {
  const { asked, context } = tableContext((_, text) =>
    /four|seven|11/.test(text) ? "VERDICT: YES" : "VERDICT: NO",
  );
  const task = gradedTable({ ...options, answers: "said", labels: "human" });
  const outcomes = await outcomesOf(task, context);
  expect(asked.every(({ by }) => by === "grader")).toBe(true);
  expect(Object.keys(outcomes[0]!.scores)).toEqual(["agreement", "accuracy", "judge_invalid"]);
  expect(outcomes.map(({ scores }) => scores["agreement"]!.value)).toEqual([1, 1, 0, 1]);
  // observed 3/4, by chance (3/4)(2/4) + (1/4)(2/4) = 1/2
  expect(task.report(outcomes)).toEqual({
    ...{ agreement: 0.75, accuracy: 0.75, judge_invalid: 0, kappa: 0.5 },
    ...{ judge_yes_human_yes: 2, judge_yes_human_no: 1 },
    ...{ judge_no_human_yes: 0, judge_no_human_no: 1 },
  });
  const [kappa] = task.summaries!(outcomes);
  expect(kappa).toMatchObject({ name: "kappa", n: 4, unscored: 0, interval: { level: 0.95 } });
  expect(kappa!.interval.low).toBeLessThan(0.5);
  expect(kappa!.interval.high).toBe(1);
});

test("beside a model's answers, labels come second", async () => {
  const { context } = tableContext(() => "VERDICT: YES");
  const task = gradedTable({ ...options, labels: "human" });
  const [first] = await outcomesOf(task, context);
  expect(Object.keys(first!.scores)).toEqual(["accuracy", "agreement", "judge_invalid"]);
});

test("columns that the rubric does not ask for are not needed, others are named", async () => {
  const rubric = namedRubric("graded", "criteria")!;
  expect(() => gradedTable({ ...options, rubric })).toThrow('a column "criteria"');
  const rows = [{ q: "Say hello", criteria: "is polite" }];
  const { asked, context } = tableContext(() => "VERDICT: YES");
  const task = gradedTable({ ...options, rubric, rows });
  expect(task.report(await outcomesOf(task, context))["accuracy"]).toBe(1);
  expect(asked[1]!.messages[0]!.content).toContain("is polite");
  expect(() => gradedTable({ ...options, labels: "people" })).toThrow("--labels");
  const empty = gradedTable({ ...options, rubric, rows: [{ q: "x", criteria: " " }] });
  await expect(outcomesOf(empty, context)).rejects.toThrow('the column "criteria" is empty');
});
