import { expect, test } from "vitest";
import { type ChoiceTableOptions, choiceTable } from "./choice-table.ts";
import type { SampleContext } from "./eval-task.ts";

const rows = [
  { q: "Which flies?", options: ["a stone", "a bird", "a very long tree"], right: "B" },
  { q: "Which is wet?", options: "sand | water", right: 1 },
  { q: "Which is hot?", options: ["ice", "fire"], right: "fire" },
];

const options: ChoiceTableOptions = {
  ...{ path: "quiz.jsonl", rows, input: "q", choices: "options", ideal: "right" },
  ...{ separator: undefined, by: "likelihood", callArguments: { temperature: 0 } },
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

async function valuesOf(by: ChoiceTableOptions["by"], given: SampleContext) {
  const task = choiceTable({ ...options, by });
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
