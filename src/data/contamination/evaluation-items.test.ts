import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { folderWith, recipeOf } from "../build.fixture.ts";
import { testItems } from "../primer/test-items.ts";
import { ContaminationIndex, type EvaluationItem } from "./contamination-index.ts";
import { evaluationItems } from "./evaluation-items.ts";

const longPrompt = `// ${"return the largest of the numbers in the list ".repeat(2)}\n`;

/** All items of a workspace with the given files, beside a recipe that reads `contamination` paths. */
async function itemsOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  paths: readonly string[] = [],
  primer?: string,
): Promise<EvaluationItem[]> {
  const baseFolder = await folderWith({ "text/a.txt": "a", ...files });
  const recipe = recipeOf(baseFolder, [primer === undefined ? { folder: "text" } : { primer }]);
  const datasetsFolder = join(baseFolder, "datasets");
  const items: EvaluationItem[] = [];
  for await (const item of evaluationItems({ recipe, paths, datasetsFolder })) items.push(item);
  return items;
}

const lines = (...records: readonly unknown[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

test("the recipe's own test questions stand as training would write them", async () => {
  const items = await itemsOf({}, [], "arithmetic");
  const own = testItems("arithmetic", { seed: 1, perLevel: 5 });
  expect(items).toEqual(
    own.map(({ id, prompt, answer }) => ({ set: "arithmetic", id, text: `${prompt} ${answer}` })),
  );
  expect(items.length).toBeGreaterThan(30);
  const index = await ContaminationIndex.build(items, { seed: 1 });
  expect(index.check(`1 + 1 = 2\n${own[0]!.prompt} ${own[0]!.answer}`)).toHaveLength(1);
  expect(index.check(own[0]!.prompt)).toEqual([]);
});

test("every accepted form of a line", async () => {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Where is" },
    { role: "assistant", content: "What?" },
    { role: "user", content: "Karsu?" },
  ];
  const file = lines(
    { text: "A text." },
    { prompt: "12 + 7 =", answer: "19", id: "sum" },
    { prompt: "Q: Who?\n", answer: "Me", id: 3 },
    { task_id: "HumanEval/0", prompt: longPrompt, answer: "left out", test: "ignored" },
    { question: "Why?", answer: "left out" },
    { input: "How?", ideal: "So" },
    { input: messages, ideal: ["Far"] },
    { input: [{ role: "system", content: "All in one?" }] },
  );
  expect(await itemsOf({ "eval/one.jsonl": `\ufeff${file}\r\n` }, ["eval/one.jsonl"])).toEqual([
    { set: "eval/one", id: "line 1", text: "A text." },
    { set: "eval/one", id: "sum", text: "12 + 7 = 19" },
    { set: "eval/one", id: "3", text: "Q: Who?\nMe" },
    { set: "eval/one", id: "HumanEval/0", text: longPrompt },
    { set: "eval/one", id: "line 5", text: "Why?" },
    { set: "eval/one", id: "line 6", text: "How?" },
    { set: "eval/one", id: "line 7", text: "Where is\nKarsu?" },
    { set: "eval/one", id: "line 8", text: "All in one?" },
  ]);
});

test("folders give their files in a fixed order, packed ones too; others are left alone", async () => {
  const items = await itemsOf(
    {
      "sets/b.jsonl": lines({ text: "b" }),
      "sets/a/c.jsonl.gz": gzipSync(lines({ text: "c" }, { text: "d" })),
      "sets/.hidden.jsonl": "broken",
      "sets/README.md": "broken",
    },
    ["sets/"],
  );
  expect(items.map(({ set, text }) => [set, text])).toEqual([
    ["sets/a/c", "c"],
    ["sets/a/c", "d"],
    ["sets/b", "b"],
  ]);
});

test("the tasks of every built data set, of none that is unfinished", async () => {
  const record = { id: "f-1", task: "facts", prompt: "Q: Who?\nA:", answer: "Me", stop: "\n" };
  const items = await itemsOf({
    "datasets/one-1a2b/tasks/facts.jsonl": lines(record),
    "datasets/two-3c4d/tasks/facts.jsonl": lines(record),
    "datasets/two-3c4d/tasks/notes.txt": "broken",
    "datasets/.unfinished-1-ab/tasks/facts.jsonl": "broken",
    "datasets/three-5e6f/manifest.json": "{}",
  });
  expect(items).toEqual([
    { set: "one-1a2b/facts", id: "f-1", text: "Q: Who?\nA: Me" },
    { set: "two-3c4d/facts", id: "f-1", text: "Q: Who?\nA: Me" },
  ]);
});

test.each([
  ["no JSON", `${lines({ text: "a" })}\nnot JSON`, /x\.jsonl, line 3: expected one JSON object/],
  ["another form", lines({ text: "a" }, { answer: 1 }), /x\.jsonl, line 2: expected \{"text"\}/],
  ["a list", "[]", /line 1: expected .* got \[\]/],
  ["no messages", lines({ input: [] }), /line 1: expected/],
  ["no item", "\n\n", /at least one evaluation item, found none at .*x\.jsonl; name a/],
])("%s is an error with its place", async (_, content, message) => {
  const failing = itemsOf({ "x.jsonl": content }, ["x.jsonl"]);
  await expect(failing).rejects.toThrow(DataError);
  await expect(itemsOf({ "x.jsonl": content }, ["x.jsonl"])).rejects.toThrow(message);
});

test("missing paths, empty folders and broken archives are errors", async () => {
  await expect(itemsOf({}, ["none"])).rejects.toThrow(/got ENOENT at .*none; check the recipe's/);
  await expect(itemsOf({}, ["text"])).rejects.toThrow(/found none at .*text/);
  const packed = gzipSync(lines({ text: "a".repeat(1000) })).subarray(0, 20);
  for (const bytes of [packed, Buffer.from("no archive")]) {
    const failing = itemsOf({ "x.jsonl.gz": bytes }, ["x.jsonl.gz"]);
    await expect(failing).rejects.toThrow(/expected a whole gzip file, got .* at .*x\.jsonl\.gz/);
  }
});
