import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { primerDocuments } from "./documents.ts";
import { solved } from "./problem.ts";
import { primerTaskNames, primerTasks } from "./tasks.ts";
import { testItems } from "./test-items.ts";

/** The first documents of a task. */
function documents(task: (typeof primerTaskNames)[number], seed: number, count: number): string[] {
  const stream = primerDocuments(task, seed);
  return Array.from({ length: count }, () => stream.next().value as string);
}

test.each(primerTaskNames)("%s: the seed decides, documents differ", (task) => {
  expect(documents(task, 1, 50)).toEqual(documents(task, 1, 50));
  expect(documents(task, 1, 50)).not.toEqual(documents(task, 2, 50));
  expect(new Set(documents(task, 1, 200)).size).toBeGreaterThan(150);
});

test.each(primerTaskNames)("%s: no document holds a test question", (task) => {
  const items = testItems(task, { seed: 1, perLevel: 100 });
  const lines = new Set(items.map(({ prompt }) => prompt.trim()));
  const separator = task === "facts" ? /(?=Q: )/ : "\n";
  let looked = 0;
  for (const document of documents(task, 1, 3000)) {
    for (const piece of document.split(separator)) {
      looked++;
      const question = piece.replace(/(=|A:).*$/s, "$1").trim();
      if (lines.has(question)) expect.unreachable(`"${question}" is in training and in the test`);
    }
  }
  expect(looked).toBeGreaterThan(2999);
});

test.each(primerTaskNames)("%s: test items are distinct, graded and repeatable", (task) => {
  const items = testItems(task, { seed: 1, perLevel: 15 });
  expect(items).toEqual(testItems(task, { seed: 1, perLevel: 15 }));
  expect(new Set(items.map(({ prompt }) => prompt)).size).toBe(items.length);
  expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  expect(items).toHaveLength(15 * primerTasks[task].tests.length);
  for (const { answer } of items) expect(answer).toMatch(/^\S.*$/);
});

test("arithmetic answers are right", () => {
  const items = testItems("arithmetic", { seed: 3, perLevel: 50 });
  for (const { prompt, answer } of items) {
    const value = new Function(`return ${prompt.replace("=", "")}`)();
    expect(`${prompt} ${answer}`).toBe(`${prompt} ${value}`);
  }
  expect(items).toHaveLength(350);
});

test("a commuted question lies on the same side of the split", () => {
  const prompts = new Set(
    testItems("arithmetic", { seed: 1, perLevel: 400 }).map(({ prompt }) => prompt),
  );
  const trained = new Set(
    documents("arithmetic", 1, 4000).flatMap((text) =>
      text.split("\n").map((line) => line.replace(/=.*/, "=")),
    ),
  );
  for (const prompt of prompts) {
    const parts = /^(\d+) ([+*]) (\d+) =$/.exec(prompt);
    if (parts === null) continue;
    expect(trained.has(`${parts[3]} ${parts[2]} ${parts[1]} =`)).toBe(false);
  }
});

test("sequence answers are right", () => {
  const rules: Readonly<Record<string, (items: string[]) => string>> = {
    copy: (items) => items.join(" "),
    first: (items) => items[0]!,
    last: (items) => items.at(-1)!,
    max: (items) => String(Math.max(...items.map(Number))),
    min: (items) => String(Math.min(...items.map(Number))),
    next: (items) => String(Number(items[3]) + Number(items[1]) - Number(items[0])),
    reverse: (items) => items.toReversed().join(" "),
    sort: (items) =>
      items
        .map(Number)
        .sort((a, b) => a - b)
        .join(" "),
  };
  for (const { prompt, answer } of testItems("sequences", { seed: 1, perLevel: 40 })) {
    const [verb = "", ...items] = prompt.replace(" =", "").split(" ");
    expect(`${prompt} ${rules[verb]?.(items)}`).toBe(`${prompt} ${answer}`);
  }
});

/** Whether a function gives what is expected at each test. */
function passes(
  code: string,
  tests: readonly { args: readonly unknown[]; expected: unknown }[],
): boolean {
  const run = new Function(`${code} return f;`)() as (...args: readonly unknown[]) => unknown;
  return tests.every(
    ({ args, expected }) =>
      JSON.stringify(run(...structuredClone(args))) === JSON.stringify(expected),
  );
}

/** The last constant one off: a wrong function that looks nearly right. */
const beside = (answer: string) =>
  answer.replace(/(\d+)(?!.*\d)/, (digits) => String(Number(digits) + 1));

test("a function's own answer passes its tests, a neighbour's does not", () => {
  const items = testItems("functions", { seed: 1, perLevel: 40 });
  for (const { answer, tests = [] } of items) {
    expect(tests).toHaveLength(5);
    expect(passes(answer, tests)).toBe(true);
    if (!/split|startsWith/.test(answer))
      expect([answer, passes(beside(answer), tests)]).toEqual([answer, false]);
  }
});

test("a program's own answer passes its tests, every neighbour's fails", () => {
  const items = testItems("programs", { seed: 1, perLevel: 40 });
  expect(items).toHaveLength(200);
  for (const { answer, tests = [] } of items) {
    expect(tests).toHaveLength(6);
    expect([answer, passes(answer, tests)]).toEqual([answer, true]);
    const wrong = answer.replace(/\b[2-9]\b/, (digit) => String(Number(digit) + 1));
    if (wrong !== answer) expect([answer, passes(wrong, tests)]).toEqual([answer, false]);
  }
});

test("facts of level 1 are asked in other words, those of level 2 only stated", () => {
  const nameIn = (text: string) => /[A-Z]\w+ [A-Z]\w+(?=[ ?.])/.exec(text)?.[0];
  const lines = documents("facts", 1, 8000).flatMap((text) => text.split("\n"));
  // Name and answer; the name of a person and what is said stand in one fact only.
  const asked = new Set(lines.map((line, i) => `${nameIn(line)}: ${lines[i + 1]}`));
  let looked = 0;
  for (const { prompt, answer, difficulty } of testItems("facts", { seed: 1, perLevel: 60 })) {
    const name = nameIn(prompt.replace("Q: ", ""));
    if (name === undefined || difficulty === 3) continue;
    looked++;
    const isAsked = asked.has(`${name}: A: ${answer}`);
    expect([prompt, isAsked]).toEqual([prompt, difficulty === 1]);
  }
  expect(looked).toBeGreaterThan(60);
});

test("a solved problem continues its prompt as training does", () => {
  expect(solved({ prompt: "1 + 1 =", answer: "2" })).toBe("1 + 1 = 2");
  expect(solved({ prompt: "// x\n", answer: "f" })).toBe("// x\nf");
  const text = primerTasks.arithmetic.document(new Random(1));
  expect(text).toMatch(/^(.+ = \d+(\n|$))+$/);
});
