import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DataError, ProviderError } from "../../errors.ts";
import type { LanguageModel } from "../../language-model/language-model.ts";
import { plainModel } from "../../language-model/plain-model.ts";
import { CostLimitReached } from "../cost/cost-budget.ts";
import { CostMeter } from "../cost/cost-meter.ts";
import { type EvalTask, firstText } from "../eval-task.ts";
import { openEvalLog, readBegunRun, readEvalLog } from "../log/eval-log.ts";
import { openAiLog, openAiRunId } from "../log/openai-log.ts";
import type { LogHeader } from "../log/sample-record.ts";
import { summarise } from "../summary/score-summary.ts";
import { AnswerCache } from "./answer-cache.ts";
import { retrying } from "./retrying.ts";
import { type EvalResult, type EvalRunOptions, runEval, samplesHash } from "./run-eval.ts";
import { standInModel } from "./stand-in-model.fixture.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-eval-"));
  path = join(folder, "log.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Whether a number is even, asked of a model. */
const task: EvalTask = {
  name: "even",
  samples: async () => Array.from({ length: 20 }, (_, i) => ({ id: `even.${i}`, data: { i } })),
  async evaluate({ id, data }, { ask }) {
    if (data["i"] === 13) throw new DataError(`${id}: an unlucky number`);
    const content = `is ${data["i"]} even?`;
    const text = firstText(await ask({ policy: 0 }, [{ role: "user", content }], {}));
    const isRight = (text === "yes") === (Number(data["i"]) % 2 === 0);
    const value = isRight ? 1 : 0;
    return {
      scores: { accuracy: { value } },
      events: [{ type: "match", data: { correct: isRight } }],
    };
  },
  report: (outcomes) => ({
    accuracy:
      outcomes.filter(({ scores }) => scores["accuracy"]?.value === 1).length / outcomes.length,
  }),
};

async function header(): Promise<LogHeader> {
  const samples = await task.samples();
  return {
    ...{ type: "eval-start", time: "2026-01-01T00:00:00.000Z", run: "r1", task: "even" },
    ...{ arguments: {}, models: ["stand-in"], grader: null, seed: 1, maxSamples: null },
    ...{ dataHash: samplesHash(samples), samples: samples.length, codeVersion: "1" },
  };
}

async function run(
  model: LanguageModel,
  changes: Partial<EvalRunOptions> = {},
): Promise<EvalResult> {
  const { done, parts } = await readBegunRun(path, await header(), new CostMeter());
  const file = await openEvalLog(path, await header());
  const samples = await task.samples();
  const steps = runEval({
    ...{ task, samples, policies: [model], grader: model, seed: 1, concurrency: 4 },
    ...{ done, parts, log: file, ...changes },
  });
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return step.value;
    }
  } finally {
    await file.close();
  }
}

const always = (text: string) => standInModel(() => text);

describe("a run", () => {
  test("isolates a sample that fails, and counts it as unscored", async () => {
    const { records, report, isWhole } = await run(always("yes"));
    expect([records.length, isWhole]).toEqual([20, true]);
    expect(records[13]).toMatchObject({ error: "even.13: an unlucky number", scores: {} });
    expect(report).toEqual({ accuracy: 10 / 19 });
    const [summary] = summarise(records);
    expect(summary).toMatchObject({ name: "accuracy", n: 19, mean: 10 / 19, unscored: 1 });
    expect(summary!.interval.low).toBeLessThan(10 / 19);
  });

  test("that was killed asks again only for what is missing", async () => {
    const whole = await run(always("yes"));
    const text = await readFile(path, "utf8");
    const lines = text.trim().split("\n");
    await writeFile(path, `${lines.slice(0, 8).join("\n")}\n${lines[8]!.slice(0, 40)}`);
    const model = always("yes");
    const again = await run(model);
    expect(model.asked).toHaveLength(19 - 7);
    expect(again.report).toEqual(whole.report);
    expect(again.records.map(({ id }) => id)).toEqual(whole.records.map(({ id }) => id));
    const log = await readEvalLog(path);
    expect([log.records.length, log.end?.report]).toEqual([20, whole.report]);
    const failed = always("yes");
    await run(failed); // the one that failed is tried again, without a call
    expect(failed.asked).toHaveLength(0);
  });

  test("stops after so many errors, and when it is interrupted, and can go on", async () => {
    const model = standInModel(() => Promise.reject(new DataError("no")));
    const broken = await run(model, { mostErrors: 3, concurrency: 1 });
    expect([broken.records.length, broken.isWhole]).toEqual([3, false]);
    expect((await readEvalLog(path)).end).toBeUndefined();
    const stop = new AbortController();
    const stopping = standInModel((_, call) => {
      if (call === 5) stop.abort();
      return call === 5 ? Promise.reject(new DataError("aborted")) : "yes";
    });
    const half = await run(stopping, { signal: stop.signal, concurrency: 1 });
    expect(half.isWhole).toBe(false);
    expect((await run(always("yes"))).isWhole).toBe(true);
  });

  test("stopped by its budget between two questions does not ask the first again", async () => {
    const twice: EvalTask = {
      ...task,
      async evaluate(_, { ask }) {
        for (const content of ["first", "second"]) {
          await ask({ policy: 0 }, [{ role: "user", content }], {});
        }
        return { scores: {}, events: [] };
      },
    };
    const [sample] = await task.samples();
    const options = { task: twice, samples: [sample!], concurrency: 1 };
    const poor = standInModel((_, call) =>
      call === 1 ? "yes" : Promise.reject(new CostLimitReached("no more")),
    );
    const half = await run(poor, options);
    expect([half.isOutOfBudget, half.records, half.isWhole]).toEqual([true, [], false]);
    const rich = always("no");
    const whole = await run(rich, options);
    expect([whole.isWhole, rich.asked.map(({ messages }) => messages[0]!.content)]).toEqual([
      ...[true, ["second"]],
    ]);
    const { records, usage } = await readEvalLog(path);
    expect(records[0]!.calls.map(({ texts, isCached }) => [texts[0], isCached])).toEqual([
      ["yes", true],
      ["no", false],
    ]);
    expect(usage).toMatchObject([{ model: "stand-in", calls: 2, estimatedCalls: 2 }]);
  });

  test("ends when a provider was never reached, and keeps what another one answered", async () => {
    const graded: EvalTask = {
      ...task,
      async evaluate(_, { ask }) {
        await ask({ policy: 0 }, [{ role: "user", content: "is it?" }], {});
        await ask("grader", [{ role: "user", content: "is that right?" }], {});
        return { scores: {}, events: [] };
      },
    };
    const lost = new ProviderError("nobody there", { isRetryable: false, concernsAll: true });
    const [policy, grader] = [always("yes"), standInModel(() => Promise.reject(lost))];
    const options = { task: graded, grader, concurrency: 1 };
    await expect(run(policy, options)).rejects.toThrow("nobody there");
    expect([policy.asked.length, grader.asked.length]).toEqual([1, 1]);
    expect((await readEvalLog(path)).records).toEqual([]);
    await run(policy, { ...options, grader: always("yes") });
    expect(policy.asked).toHaveLength(20); // the first question was not asked again
  });

  test("a fault of the task itself is no result", async () => {
    const model = standInModel(() => Promise.reject(new TypeError("oops")));
    await expect(run(model)).rejects.toThrow("oops");
  });

  test("another run does not go on with the log", async () => {
    await run(always("yes"));
    const other = { ...(await header()), seed: 2 };
    const begun = readBegunRun(path, other, new CostMeter());
    await expect(begun).rejects.toThrow(/its seed was 1, now it is 2/);
    await writeFile(path, "nonsense\n");
    await expect(readEvalLog(path)).rejects.toThrow(
      /line 1: expected a line of an evaluation's log/,
    );
    await truncate(path, 0);
    await expect(readEvalLog(path)).rejects.toThrow("found no evaluation's log");
  });
});

test("the log of openai/evals has the specification, the report and every event", async () => {
  await run(always("yes"));
  const log = await readEvalLog(path);
  const lines = [...openAiLog(log, { spec: undefined, command: "eval run even" })];
  const parsed = lines.map((line) => JSON.parse(line));
  expect(parsed[0].spec).toMatchObject({ eval_name: "even", completion_fns: ["stand-in"] });
  expect(parsed[1]).toEqual({ final_report: { accuracy: 10 / 19 }, run_id: "r1" });
  const types = parsed.slice(2).map(({ type }) => type);
  expect(types.filter((type) => type === "sampling")).toHaveLength(19);
  expect(types.filter((type) => type === "match")).toHaveLength(19);
  expect(parsed.slice(2).map(({ event_id }) => event_id)).toEqual(types.map((_, i) => i));
  const end = { ...log.end!, report: { accuracy: Number.NaN } };
  const [, none] = [...openAiLog({ ...log, end }, { spec: undefined, command: "" })];
  expect(none).toBe('{"final_report":{"accuracy":NaN},"run_id":"r1"}\n');
  expect(openAiRunId(new Date("2026-11-23T00:37:45Z"))).toMatch(/^261123003745[A-Z2-7]{8}$/);
});

describe("calls", () => {
  const failing = (times: number, error: Error) =>
    standInModel((_, call) => (call <= times ? Promise.reject(error) : "yes"));
  const request = { messages: [], arguments: {} };
  const quick = { retries: 3, firstWaitMs: 1, longestWaitMs: 4 };

  test("are tried again when that may help, as long as the provider asks", async () => {
    const waits: number[] = [];
    const onWait = ({ milliseconds }: { milliseconds: number }) => waits.push(milliseconds);
    const busy = new ProviderError("busy", { isRetryable: true });
    const model = retrying(failing(3, busy), { ...quick, onWait, random: () => 0 });
    expect(firstText(await model.chat(request))).toBe("yes");
    expect(waits).toEqual([0.5, 1, 2]);
    const asked = new ProviderError("later", { isRetryable: true, retryAfterMs: 3 });
    await retrying(failing(1, asked), { ...quick, onWait }).chat(request);
    expect(waits.at(-1)).toBe(3);
    await expect(retrying(failing(4, busy), quick).chat(request)).rejects.toThrow("busy");
  });

  test("are tried again for a text and for likelihoods, too", async () => {
    let refusals = 0;
    const model = {
      ...plainModel(standInModel(() => "yes")),
      async complete() {
        if (refusals++ < 2) throw new ProviderError("busy", { isRetryable: true });
        return model.chat(request);
      },
      async score() {
        if (refusals++ < 5) throw new ProviderError("busy", { isRetryable: true });
        return [{ logProb: -1, tokens: 1, isGreedy: true }];
      },
    };
    const ready = retrying(model, quick);
    expect(firstText(await ready.complete!({ prompt: "", arguments: {} }))).toBe("yes");
    expect(refusals).toBe(3);
    expect(await ready.score!({ prompt: "a", continuations: ["b"] })).toHaveLength(1);
    expect(refusals).toBe(6);
  });

  test("that are wrong are not tried again", async () => {
    const refused = failing(1, new ProviderError("no key", { isRetryable: false }));
    await expect(retrying(refused, quick).chat(request)).rejects.toThrow("no key");
    expect(refused.asked).toHaveLength(1);
  });

  test("are kept, one answer for each time that a question is asked", async () => {
    const messages = [{ role: "user", content: "a number, please" }];
    const drawn = { messages, arguments: { temperature: 1 } };
    const model = standInModel((_, call) => String(call));
    const hits: unknown[] = [];
    const ask = async (cachePath: string, place: string) => {
      const cache = await AnswerCache.open(cachePath, place);
      const chat = cache.before(plainModel(model), (one) => hits.push(one));
      const texts = [firstText(await chat(drawn)), firstText(await chat(drawn))];
      await cache.close();
      return texts;
    };
    const cachePath = join(folder, "cache", "answers.jsonl");
    expect(await ask(cachePath, "here")).toEqual(["1", "2"]);
    expect(await ask(cachePath, "here")).toEqual(["1", "2"]);
    expect(hits).toHaveLength(2);
    expect(await ask(cachePath, "there")).toEqual(["3", "4"]);
    expect(model.asked).toHaveLength(4);
  });
});
