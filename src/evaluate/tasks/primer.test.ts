import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestItem, testItems } from "../../data/primer/test-items.ts";
import { randomImage } from "../../generate/generate.fixture.ts";
import type { CompletionRequest, LanguageModel } from "../../language-model/language-model.ts";
import { imageDataUrl } from "../../model/image/data-url.ts";
import { openEvalLog, readEvalLog } from "../log/eval-log.ts";
import { logHeader } from "../log/log-header.ts";
import { taskScores } from "../primer/primer-tasks.ts";
import { runEval } from "../run/run-eval.ts";
import { standInModel } from "../run/stand-in-model.fixture.ts";
import { summarise } from "../summary/score-summary.ts";
import { primerSamples, primerTask } from "./primer.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-primer-"));
});
afterEach(() => rm(folder, { recursive: true }));

const picture = randomImage({ rows: 1, columns: 1 }, 1);
const items: TestItem[] = [
  ...testItems("arithmetic", { seed: 1, perLevel: 2 }),
  {
    ...{ id: "shapes-1-0001", task: "shapes", difficulty: 1, image: 7 },
    ...{ prompt: "[IMG]Q: Which?\nA:", answer: "red", stop: "\n" },
  },
];
const image = async () => picture;

/** A model that knows the answers of some questions. */
function knowing(right: readonly TestItem[]): LanguageModel & { asked: CompletionRequest[] } {
  const asked: CompletionRequest[] = [];
  const { complete: _, ...rest } = standInModel(() => "");
  return {
    ...rest,
    asked,
    async complete(request) {
      asked.push(request);
      const known = right.find(({ prompt }) => prompt === request.prompt);
      const text = known === undefined ? " no idea" : ` ${known.answer}${known.stop}and more`;
      return {
        ...{ texts: [text], finishReasons: ["stop"], toolCalls: [[]], model: "knowing" },
        ...{ usage: undefined, unsupported: [] },
      };
    },
  };
}

async function run(model: LanguageModel) {
  const task = primerTask({ items, image, maxTokens: 16 });
  const samples = await task.samples();
  const path = join(folder, "log.jsonl");
  const asked = { models: [model.name], grader: null, seed: 0, maxSamples: null, arguments: {} };
  const log = await openEvalLog(path, logHeader({ ...asked, task: task.name, samples }));
  const more = { policies: [model], grader: model, seed: 0, concurrency: 2, done: new Map(), log };
  const events = runEval({ task, samples, ...more });
  try {
    for (let step = await events.next(); ; step = await events.next()) {
      if (step.done === true) return { ...step.value, path };
    }
  } finally {
    await log.close();
  }
}

test("questions are beginnings of documents, with their images, at temperature 0", async () => {
  const model = knowing(items);
  const { report } = await run(model);
  expect(model.asked).toHaveLength(items.length);
  const last = model.asked.find(({ prompt }) => prompt.startsWith("[IMG]"))!;
  expect(last.images).toEqual([await imageDataUrl(picture)]);
  expect(last.arguments).toEqual({ temperature: 0, max_tokens: 16, stop: ["\n"] });
  expect(report).toEqual({ accuracy: 1, arithmetic: 1, shapes: 1 });
});

test("what the log keeps gives the tables of tasks and levels", async () => {
  const right = items.slice(0, 3);
  const { report, path } = await run(knowing(right));
  expect(report).toEqual({
    accuracy: 3 / items.length,
    ...{ arithmetic: 3 / (items.length - 1), shapes: 0 },
  });
  const { records } = await readEvalLog(path);
  expect(summarise(records).map(({ name, n, unscored }) => [name, n, unscored])).toEqual([
    ["accuracy", items.length, 0],
    ["arithmetic", items.length - 1, 0],
    ["shapes", 1, 0], // the others are not of this task
  ]);
  const samples = primerSamples(items, records);
  expect(samples.filter(({ correct }) => correct).map(({ id }) => id)).toEqual(
    right.map(({ id }) => id),
  );
  expect(samples.at(-1)).toMatchObject({ answer: "no idea", explanation: 'expected "red"' });
  const [first, ...others] = taskScores(samples);
  expect(first).toMatchObject({ task: "arithmetic", difficulty: 1, n: 2, correct: 2 });
  expect(others.at(-1)).toMatchObject({ task: "shapes", difficulty: "all", n: 1, correct: 0 });
});

test("a model of conversations alone is refused at the first question", async () => {
  await expect(run(standInModel(() => "4"))).rejects.toThrow(/answers conversations only/);
});

test("some questions, of each task and level as many, and none at all", async () => {
  const levels = new Set(items.map(({ task, difficulty }) => `${task} ${difficulty}`));
  const options = { items, image, maxTokens: 16, maxSamples: levels.size };
  const some = await primerTask(options).samples();
  expect(new Set(some.map(({ data }) => `${data["task"]} ${data["difficulty"]}`))).toEqual(levels);
  expect(() => primerTask({ items: [], image, maxTokens: 16 })).toThrow(/no test questions/);
});
