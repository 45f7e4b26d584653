import { describe, expect, test } from "vitest";
import type { TestItem } from "../../data/primer/test-items.ts";
import { testItems } from "../../data/primer/test-items.ts";
import { DataError, ModelError } from "../../errors.ts";
import { wilsonInterval } from "../../statistics/intervals.ts";
import { evaluateTasks } from "./primer-tasks.ts";

const sum: TestItem = {
  id: "arithmetic-1-0001",
  task: "arithmetic",
  difficulty: 1,
  prompt: "12 + 7 =",
  answer: "19",
  stop: "\n",
};

const addition: TestItem = {
  id: "functions-1-0001",
  task: "functions",
  difficulty: 1,
  prompt: "// add a and b\n",
  answer: "function f(a, b) { return a + b; }",
  stop: "\n",
  tests: [
    { args: [1, 2], expected: 3 },
    { args: ["a", "b"], expected: "ab" },
  ],
};

async function answered(item: TestItem, completion: string) {
  const complete = async () => [completion];
  const { samples } = await evaluateTasks({ items: [item], complete, maxTokens: 16 });
  return samples[0]!;
}

describe("exact answers", () => {
  test.each([" 19", " 19\n3 + 4 = 7", "19"])("%j is right", async (completion) => {
    expect(await answered(sum, completion)).toMatchObject({
      answer: "19",
      correct: true,
      explanation: "",
    });
  });

  test.each(["", " 1", " 190", " 19.", "\n19", " x 19"])("%j is wrong", async (completion) => {
    const sample = await answered(sum, completion);
    expect(sample).toMatchObject({ correct: false, explanation: 'expected "19"' });
  });
});

describe("functions", () => {
  test.each([
    "function f(a, b) { return a + b; }",
    "const f = (x, y) => x + y;",
    "function f(b, a) { return b + a; }\n// and more that is cut off (",
  ])("%s is right, whatever its wording", async (completion) => {
    expect(await answered(addition, completion)).toMatchObject({ correct: true });
  });

  test.each([
    ["function f(a, b) { return a - b; }", "f(1, 2): expected 3, got -1"],
    ["function f(a, b) { return 3; }", 'f("a", "b"): expected "ab", got 3'],
    ["function f(a, b) { }", "f(1, 2): expected 3, got null"],
    ["function g(a, b) { return a + b; }", "ReferenceError: 'f' is not defined"],
    ["function f(a, b) { while (true); }", "ran longer than 1000 ms"],
    ["Array.prototype.map = () => [3, 'x'];", 'f("a", "b"): expected "ab", got "x"'],
    ["Array.prototype.map = () => 3;", "f(1, 2): expected 3, got undefined"],
  ])("%s is wrong", async (completion, explanation) => {
    expect(await answered(addition, completion)).toMatchObject({ correct: false, explanation });
  });

  test("what breaks off is a syntax error, not the end of the evaluation", async () => {
    const sample = await answered(addition, "function f(a, b) {");
    expect(sample.explanation).toMatch(/^SyntaxError/);
  });
});

test("the primer's own answers are all right, and another item's are not", async () => {
  const items = (["arithmetic", "functions", "facts"] as const).flatMap((task) =>
    testItems(task, { seed: 1, perLevel: 2 }),
  );
  const answers = new Map(items.map(({ prompt, answer }) => [prompt, answer]));
  const complete = async (questions: readonly { readonly prompt: string }[]) =>
    questions.map(({ prompt }) => ` ${answers.get(prompt)}\nQ`);
  const { samples, scores } = await evaluateTasks({ items, complete, maxTokens: 32 });
  expect(samples.filter(({ correct }) => !correct)).toEqual([]);
  expect(samples).toHaveLength(items.length);
  const totals = scores.filter(({ difficulty }) => difficulty === "all");
  expect(totals.map(({ task }) => task)).toEqual(["arithmetic", "functions", "facts"]);
  expect(totals.reduce((n, score) => n + score.n, 0)).toBe(items.length);
});

test("scores count by task and difficulty, with Wilson's interval", async () => {
  const items = [1, 1, 1, 2].map((difficulty, i) => ({ ...sum, id: `a${i}`, difficulty }));
  const complete = async () => [" 19", " 18", " 19", " 0"];
  const { scores } = await evaluateTasks({ items, complete, maxTokens: 4 });
  expect(scores).toEqual([
    {
      task: "arithmetic",
      difficulty: 1,
      n: 3,
      correct: 2,
      accuracy: 2 / 3,
      interval: wilsonInterval(2, 3),
    },
    {
      task: "arithmetic",
      difficulty: 2,
      n: 1,
      correct: 0,
      accuracy: 0,
      interval: wilsonInterval(0, 1),
    },
    {
      task: "arithmetic",
      difficulty: "all",
      n: 4,
      correct: 2,
      accuracy: 0.5,
      interval: wilsonInterval(2, 4),
    },
  ]);
});

test("the model is told how long an answer may be and where it stops", async () => {
  const asked: unknown[] = [];
  const complete = async (questions: readonly { readonly prompt: string }[], options: object) => {
    asked.push(
      questions.map(({ prompt }) => prompt),
      options,
    );
    return questions.map(() => " 19");
  };
  await evaluateTasks({ items: [sum], complete, maxTokens: 7 });
  expect(asked).toEqual([["12 + 7 ="], { maxTokens: 7, stop: "\n" }]);
});

test("no items and a wrong number of completions are errors", async () => {
  const evaluate = (items: readonly TestItem[]) =>
    evaluateTasks({ items, complete: async () => [], maxTokens: 1 });
  await expect(evaluate([])).rejects.toThrow(DataError);
  await expect(evaluate([sum])).rejects.toThrow(ModelError);
  await expect(evaluate([sum])).rejects.toThrow("expected 1 completions, got 0");
});
