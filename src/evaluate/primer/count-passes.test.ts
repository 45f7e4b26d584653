import { expect, test } from "vitest";
import type { TestItem } from "../../data/primer/test-items.ts";
import { countPasses, type PassedItem } from "./count-passes.ts";

const items: TestItem[] = [
  {
    ...{ id: "functions-1-1", task: "functions", difficulty: 1, prompt: "// add 2 to x\n" },
    ...{ answer: "function f(x) { return x + 2; }", stop: "\n" },
    tests: [
      { args: [1], expected: 3 },
      { args: [-2], expected: 0 },
    ],
  },
  {
    ...{ id: "facts-2-1", task: "facts", difficulty: 2, prompt: "Q: the capital of France?\nA:" },
    ...{ answer: "Paris", stop: "\n" },
  },
];

async function counted(answers: Readonly<Record<string, readonly string[]>>) {
  const asked: number[] = [];
  const sample = async ({ prompt }: { readonly prompt: string }, samples: number) => {
    asked.push(samples);
    return answers[prompt]!;
  };
  const found: PassedItem[] = [];
  for await (const one of countPasses({ items, sample, samples: 4 })) found.push(one);
  return { found, asked };
}

test("functions that do what is asked pass whatever their wording, other answers by their text", async () => {
  const { found, asked } = await counted({
    "// add 2 to x\n": [
      "function f(x) { return x + 2; }\nand more",
      "const f = (x) => 2 + x;",
      "function f(x) { return x + 3; }",
      "function f(x) { while (true) {} }",
    ],
    "Q: the capital of France?\nA:": [" Paris\n", " Paris", " Rome", ""],
  });
  expect(asked).toEqual([4, 4]);
  expect(found).toEqual([
    { problem: "functions-1-1", task: "functions", difficulty: 1, passes: 2, samples: 4 },
    { problem: "facts-2-1", task: "facts", difficulty: 2, passes: 2, samples: 4 },
  ]);
});
