import { expect, test } from "vitest";
import type { SampleContext } from "../eval-task.ts";
import { type ChoiceTableOptions, choiceTable } from "./choice-table.ts";

const rows = [
  { q: "Which flies?", options: ["a stone", "a bird", "a very long tree"], right: "B" },
  { q: "Which is wet?", options: "sand | water", right: 1 },
  { q: "Which is hot?", options: ["ice", "fire"], right: "fire" },
];

const options: ChoiceTableOptions = {
  ...{ path: "quiz.jsonl", rows, input: "q", choices: "options", ideal: "right" },
  ...{ separator: undefined, by: "likelihood", callArguments: { temperature: 0 } },
  ...{ pmi: false, examples: [], system: undefined, maxSamples: undefined },
};

/** A model that writes one text, and finds texts as likely as a function says. */
function context(text: string, logProb: (text: string) => number) {
  const asked: unknown[] = [];
  const given: SampleContext = {
    seed: 1,
    async ask(_model, messages) {
      asked.push(messages);
      return {
        ...{ texts: [text], finishReasons: ["stop"], toolCalls: [[]], model: "m" },
        ...{ usage: undefined, unsupported: [] },
      };
    },
    complete: () => Promise.reject(new Error("nothing is to be gone on with")),
    async score(prompt, continuations) {
      asked.push(prompt);
      return continuations.map((one) => ({ logProb: logProb(one), tokens: 1, isGreedy: false }));
    },
  };
  return { asked, given };
}

async function valuesOf(
  by: ChoiceTableOptions["by"],
  given: SampleContext,
  told: Partial<ChoiceTableOptions> = {},
) {
  const task = choiceTable({ ...options, by, ...told });
  const samples = await task.samples();
  const outcomes = await Promise.all(samples.map((sample) => task.evaluate(sample, given)));
  return { scores: outcomes.map(({ scores }) => scores), report: task.report(outcomes) };
}

test("the likeliest text is the choice, and for its length another may be", async () => {
  // longer texts are less likely, but the tree only a little
  const { asked, given } = context("", (text) => (text.includes("tree") ? -9 : -text.length));
  const { scores, report } = await valuesOf("likelihood", given);
  expect(asked[0]).toBe("Which flies?\nAnswer:");
  expect(scores[0]).toMatchObject({
    accuracy: { value: 1, answer: "a bird" },
    accuracy_per_byte: { value: 0, answer: "a very long tree" },
  });
  expect(scores.map(({ accuracy }) => accuracy!.answer)).toEqual(["a bird", "sand", "ice"]);
  expect(report["accuracy"]).toBeCloseTo(1 / 3, 12);
  expect(Object.keys(report)).toEqual(["accuracy", "accuracy_per_byte"]);
});

test("by letter the choices are shown, and the right one may be named in three ways", async () => {
  const { asked, given } = context("I think (B).", () => 0);
  const { report } = await valuesOf("letter", given);
  expect(report).toEqual({ accuracy: 1 });
  expect(JSON.stringify(asked[1])).toContain("Which is wet?\\nA. sand\\nB. water\\n");
});

test("the likeliest letter is the choice, after the choices behind their letters", async () => {
  const { asked, given } = context("", (text) => (text === " B" ? -1 : -2));
  const { scores, report } = await valuesOf("letter-likelihood", given);
  expect(asked[0]).toBe("Which flies?\nA. a stone\nB. a bird\nC. a very long tree\nAnswer:");
  expect(scores.map(({ accuracy }) => accuracy!.answer)).toEqual(["B", "B", "B"]);
  expect(report).toEqual({ accuracy: 1 });
});

test("examples stand before each question in its own form", async () => {
  const examples = [{ q: "Which barks?", options: ["a dog", "a cat"], right: "A" }];
  const { asked, given } = context("B", () => 0);
  await valuesOf("likelihood", given, { examples });
  expect(asked[0]).toBe("Which barks?\nAnswer: a dog\n\nWhich flies?\nAnswer:");
  await valuesOf("letter-likelihood", given, { examples });
  expect(asked[3]).toMatch(/^Which barks\?\nA\. a dog\nB\. a cat\nAnswer: A\n\nWhich flies\?\nA/);
  await valuesOf("letter", given, { examples, system: "Be brief." });
  const turns = asked[6] as { role: string; content: string }[];
  expect(turns.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  expect(turns[2]!.content).toBe("A");
  const wrong = [{ ...examples[0]!, right: "Z" }];
  expect(() => choiceTable({ ...options, examples: wrong })).toThrow("--examples, row 1");
});

test("what a question makes likelier is the choice by mutual information", async () => {
  // "a stone" is likelier whatever is asked, "a bird" gains most by the question
  const given: SampleContext = {
    ...context("", () => 0).given,
    async score(prompt, continuations) {
      const table: Readonly<Record<string, readonly number[]>> = {
        "Answer:": [-1, -8, -9],
        "Which flies?\nAnswer:": [-2, -4, -9],
      };
      return continuations.map((_, i) => ({
        ...{ logProb: table[prompt]![i]!, tokens: 1, isGreedy: false },
      }));
    },
  };
  const { report } = await valuesOf("likelihood", given, { pmi: true, rows: rows.slice(0, 1) });
  expect(report).toEqual({ accuracy: 0, accuracy_per_byte: 0, accuracy_pmi: 1 });
});

test("letters end at Z", async () => {
  const many = [{ q: "x", options: Array.from({ length: 27 }, (_, i) => `c${i}`), right: 26 }];
  const { given } = context("A", (text) => (text === " c26" ? 0 : -1));
  await expect(valuesOf("letter", given, { rows: many })).rejects.toThrow("at most 26 choices");
  expect((await valuesOf("likelihood", given, { rows: many })).report["accuracy"]).toBe(1);
});

test.each([
  [{ q: "x", options: ["a"], right: "a" }, "two or more choices"],
  [{ q: "", options: ["a", "b"], right: "a" }, "expected a question"],
  [{ q: "x", options: ["a", "b"], right: "7" }, 'got "7" of 2'],
  [{ q: "x", options: "a;b", right: "a" }, "--separator"],
])("%j is refused: %s", async (row, message) => {
  const task = choiceTable({ ...options, rows: [row] });
  const [sample] = await task.samples();
  await expect(task.evaluate(sample!, context("", () => 0).given)).rejects.toThrow(message);
});

test("a missing column is named", () => {
  expect(() => choiceTable({ ...options, choices: "answers" })).toThrow(
    'expected a column "answers", there are q, options, right',
  );
});
