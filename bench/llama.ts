/**
 * `npm run bench llama`: SmolLM2-135M from its GGUF file in our engine and in llama.cpp, on the same
 * GSM8K questions with three worked examples, greedily, sample by sample by turns; then 16 at once.
 * `--samples N` (200 by default), `--max-tokens N` of an answer (256 by default). Both runs are left
 * as logs for `foretoken eval compare`.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareRuns } from "../src/evaluate/compare/compare-runs.ts";
import { signedText } from "../src/evaluate/compare/signed-text.ts";
import type { EvalSample, EvalTask } from "../src/evaluate/eval-task.ts";
import { openEvalLog, readEvalLog } from "../src/evaluate/log/eval-log.ts";
import { logHeader } from "../src/evaluate/log/log-header.ts";
import { runEval } from "../src/evaluate/run/run-eval.ts";
import { defaultScorerOptions } from "../src/evaluate/scorers/scorer.ts";
import { scorers } from "../src/evaluate/scorers/scorers.ts";
import { questionTable } from "../src/evaluate/table/question-table.ts";
import { sharedPath, sharedText } from "../src/statistics/shared-data.fixture.ts";
import { Turns } from "../src/workspace/turns.ts";
import { type Answerer, openOurs } from "./answerer.ts";
import { answererModel, type TimedAnswer } from "./answerer-model.ts";
import { type Bench, type Row, summarise } from "./harness.ts";
import { openLlamaCpp } from "./llama-cpp.ts";
import { compareGreedy, type GoldenPrompt } from "./llama-golden.ts";

const terms = { threads: 2, contextTokens: 1536 } as const;
const atOnce = 16;
const examples = 3;
const comparison = { level: 0.95, draws: 10_000, seed: 1 } as const;

type Engines = Readonly<{
  ours: Awaited<ReturnType<typeof openOurs>>;
  theirs: Awaited<ReturnType<typeof openLlamaCpp>>;
}>;

/** Questions with what an answer may have. */
interface Questions {
  readonly task: EvalTask;
  readonly samples: readonly EvalSample[];
  readonly maxTokens: number;
}

/** The benchmark beside llama.cpp. */
export const bench: Bench = {
  description: "SmolLM2-135M (Q4_1) on GSM8K: our engine and llama.cpp by turns, 2 threads each",
  async run({ print, samples: most = 200, maxTokens = 256 }) {
    const path = sharedPath("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    const golden = sharedText("models/smollm2-golden.json");
    if (path === undefined || golden === undefined) {
      throw new Error("no model: set FORETOKEN_TEST_DATA to the folder of the shared test data");
    }
    const { prompts } = JSON.parse(golden) as { readonly prompts: readonly GoldenPrompt[] };
    const task = gsm8k(most, maxTokens);
    const questions = { task, samples: await task.samples(), maxTokens };
    const single = await withEngines(path, { slots: 1, print }, async (engines) => {
      sameTokens(engines, prompts);
      print(await compareGreedy([engines.ours, engines.theirs], prompts));
      return oneByOne(engines, questions, print);
    });
    const batched = await withEngines(path, { slots: atOnce, print }, (engines) =>
      allAtOnce(engines, single.prompts, questions),
    );
    return [...single.rows, batched];
  },
};

/** GSM8K's first test questions, behind the first of its training questions with their answers. */
function gsm8k(most: number, maxTokens: number): EvalTask {
  const rows = (part: string, count: number) => {
    const text = sharedText(`benchmarks/gsm8k/${part}.jsonl`);
    const lines = (text ?? "").split("\n").slice(0, count);
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  };
  return questionTable({
    ...{ path: "gsm8k.jsonl", rows: rows("test", most), examples: rows("train", examples) },
    ...{ input: "question", ideal: "answer", separator: undefined, prefix: undefined },
    ...{ system: undefined, maxSamples: undefined, scorer: scorers.numeric(defaultScorerOptions) },
    callArguments: { temperature: 0, max_tokens: maxTokens },
  });
}

async function withEngines<Result>(
  path: string,
  { slots, print }: { readonly slots: number; readonly print: (line: string) => void },
  work: (engines: Engines) => Promise<Result>,
): Promise<Result> {
  const ours = await openOurs(path, { ...terms, slots });
  try {
    const theirs = await openLlamaCpp(path, { ...terms, slots }, print);
    try {
      return await work({ ours, theirs });
    } finally {
      await theirs.close();
    }
  } finally {
    await ours.close();
  }
}

/** @throws {Error} when a golden prompt has other tokens in one of the engines */
function sameTokens({ ours, theirs }: Engines, prompts: readonly GoldenPrompt[]): void {
  for (const { id, text, ids } of prompts) {
    const each = [ours.tokenizer.encode(text, { parseSpecial: true }), theirs.tokenize(text)];
    if (each.every((tokens) => tokens.join() === ids.join())) continue;
    throw new Error(`prompt ${id}: expected the same tokens in both, ${each.join(" and ")}`);
  }
}

/** Both engines through the evaluation engine, a sample of one after the same sample of the other. */
async function oneByOne(
  { ours, theirs }: Engines,
  questions: Questions,
  print: (line: string) => void,
): Promise<{ readonly rows: readonly Row[]; readonly prompts: readonly (readonly number[])[] }> {
  const folder = await mkdtemp(join(tmpdir(), "foretoken-bench-llama-"));
  const turns = new Turns(); // who asked first is answered first, so they alternate
  const run = async (engine: Answerer, file: string) => {
    const { model, timed } = answererModel(engine, ours.tokenizer, turns);
    const path = join(folder, file);
    await evaluate(model, questions, path);
    return { path, timed, log: await readEvalLog(path) };
  };
  await Promise.all([ours, theirs].map((engine) => warm(engine)));
  const [first, second] = await Promise.all([
    run(ours, "foretoken.jsonl"),
    run(theirs, "llama-cpp.jsonl"),
  ]);
  const pairs = first.timed.map((one, i) => [one, second.timed[i]!] as const);
  const same = pairs.filter(([a, b]) => a.tokens.join() === b.tokens.join()).length;
  print(`the whole answer is the same on ${same} of ${pairs.length} samples`);
  for (const score of compareRuns(second.log, first.log, comparison)) {
    const { difference, interval, flips, verdict } = score;
    print(
      `${score.name}: foretoken ${score.second.toFixed(4)}, llama.cpp ${score.first.toFixed(4)}; difference ${signedText(difference)} (95 % ${signedText(interval.low)} to ${signedText(interval.high)}), McNemar p ${flips?.exactP.toPrecision(3)}, n ${score.n}: ${verdict}`,
    );
  }
  print(`logs: foretoken eval compare ${second.path} ${first.path}`);
  return {
    rows: timingRows(first.timed, second.timed),
    prompts: first.timed.map(({ prompt }) => prompt),
  };
}

/** Answers once unmeasured, so that what is allocated at first use is there; any tokens will do. */
async function warm(engine: Answerer): Promise<void> {
  await engine.answer([1, 9690, 198], { maxTokens: 4, stopTokens: [] });
}

async function evaluate(
  model: ReturnType<typeof answererModel>["model"],
  { task, samples, maxTokens }: Questions,
  path: string,
): Promise<void> {
  const header = logHeader({
    ...{ task: task.name, arguments: { examples, maxTokens }, models: [model.name], grader: null },
    ...{ seed: 0, maxSamples: samples.length, samples },
  });
  const file = await openEvalLog(path, header);
  try {
    const run = { task, samples, policies: [model], grader: model, seed: 0, concurrency: 1 };
    for await (const _ of runEval({ ...run, done: new Map(), log: file }));
  } finally {
    await file.close();
  }
}

const baseline = "llama.cpp";

function timingRows(ours: readonly TimedAnswer[], theirs: readonly TimedAnswer[]): Row[] {
  const sum = (all: readonly TimedAnswer[], value: (one: TimedAnswer) => number) =>
    all.reduce((total, one) => total + value(one), 0);
  const rate = (
    all: readonly TimedAnswer[],
    tokens: (one: TimedAnswer) => number,
    seconds: (one: TimedAnswer) => number,
  ) => sum(all, tokens) / sum(all, seconds);
  const read = (all: readonly TimedAnswer[]) =>
    rate(
      all,
      ({ prompt }) => prompt.length,
      ({ promptSeconds }) => promptSeconds,
    );
  const written = (all: readonly TimedAnswer[]) =>
    rate(
      all,
      ({ tokens }) => tokens.length - 1,
      ({ seconds, promptSeconds }) => seconds - promptSeconds,
    );
  const each = summarise(ours.map(({ seconds }) => seconds));
  const other = summarise(theirs.map(({ seconds }) => seconds));
  const row = (name: string, value: number, unit: string, ratio: number): Row => ({
    ...{ name, value, unit, baseline, ratio },
  });
  const total = sum(theirs, ({ seconds }) => seconds) / sum(ours, ({ seconds }) => seconds);
  return [
    row("a sample, all", sum(ours, ({ seconds }) => seconds) / ours.length, "s", total),
    row("a sample, median", each.median, "s", other.median / each.median),
    row("prompt", read(ours), "tokens/s", read(ours) / read(theirs)),
    row("generation", written(ours), "tokens/s", written(ours) / written(theirs)),
  ];
}

/** Sixteen samples in one engine, then the same in the other, the order turned round each time. */
async function allAtOnce(
  engines: Engines,
  prompts: readonly (readonly number[])[],
  { maxTokens }: Questions,
): Promise<Row> {
  const { stopTokens } = engines.ours.tokenizer;
  const seconds = { ours: 0, theirs: 0 };
  for (const name of ["ours", "theirs"] as const) await warm(engines[name]);
  for (let start = 0; start < prompts.length; start += atOnce) {
    const some = prompts.slice(start, start + atOnce);
    const order = ["ours", "theirs"] as const;
    for (const name of (start / atOnce) % 2 === 0 ? order : order.toReversed()) {
      const begin = performance.now();
      const limits = { maxTokens, stopTokens };
      await Promise.all(some.map((prompt) => engines[name].answer(prompt, limits)));
      seconds[name] += (performance.now() - begin) / 1000;
    }
  }
  return {
    ...{ name: `a sample, ${atOnce} at once`, value: seconds.ours / prompts.length, unit: "s" },
    ...{ baseline, ratio: seconds.theirs / seconds.ours },
  };
}
