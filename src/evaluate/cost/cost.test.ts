import { describe, expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { documentMessage } from "../../language-model/document-message.ts";
import type { Message, TokenUsage } from "../../language-model/language-model.ts";
import type { EvalTask } from "../eval-task.ts";
import type { CallRecord } from "../log/sample-record.ts";
import { planRun } from "../run/run-plan.ts";
import { standInModel } from "../run/stand-in-model.fixture.ts";
import { callTokens } from "./call-tokens.ts";
import { budgeted, CostBudget, CostLimitReached } from "./cost-budget.ts";
import { forecastCost, pilotForecast } from "./cost-forecast.ts";
import { CostMeter, callsCost } from "./cost-meter.ts";
import { costOf } from "./prices.ts";
import { mostAnswerTokens, promptTokens } from "./token-estimate.ts";

const said = (content: Message["content"]): Message[] => [{ role: "user", content }];
const usage = (prompt_tokens: number, completion_tokens: number): TokenUsage => ({
  ...{ prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
});

function call(changes: Partial<CallRecord> = {}): CallRecord {
  return {
    ...{ model: "stand-in", role: "policy", messages: said("12345678"), arguments: {} },
    ...{ texts: ["1234"], milliseconds: 100, isCached: false, ...changes },
  };
}

test("tokens are told, or estimated from bytes, images and tools", () => {
  expect(promptTokens(said("12345678"), {})).toBe(4 + 2);
  expect(promptTokens(said("中文中"), {})).toBe(4 + 3); // 9 bytes
  const parts = [{ type: "text", text: "1234" }, { type: "image_url" }];
  expect(promptTokens(said(parts), { tools: [1, 2, 3] })).toBe(4 + 1 + 765 + 2);
  expect(mostAnswerTokens({ max_tokens: 50, n: 3 })).toBe(150);
  expect(mostAnswerTokens({ temperature: 0 })).toBeUndefined();
  expect(callTokens(call())).toMatchObject({ promptTokens: 6, answerTokens: 1, isEstimated: true });
  const likelihoods = [1, 2].map(() => ({ logProb: -1, tokens: 1, isGreedy: true }));
  // the prompt's 6 tokens are read with each of the texts of 1 and 2
  expect(callTokens(call({ texts: ["1234", "12345"], likelihoods }))).toMatchObject({
    ...{ promptTokens: 6 + 1 + 6 + 2, answerTokens: 2 },
  });
});

test("a cost counts what the provider had cached at its own price", () => {
  const prices = { input: 2, output: 10, cachedInput: 0.5 };
  const details = { ...usage(1000, 300), prompt_tokens_details: { cached_tokens: 400 } };
  const tokens = callTokens(call({ usage: details }));
  expect(costOf(tokens, prices)).toBeCloseTo((600 * 2 + 400 * 0.5 + 300 * 10) / 1e6, 12);
  expect(costOf(tokens, { input: 2, output: 10 })).toBeCloseTo((1000 * 2 + 300 * 10) / 1e6, 12);
  expect(callsCost([call({ usage: usage(100, 10) })], { "stand-in": prices })).toBeCloseTo(
    3e-4,
    12,
  );
  expect(callsCost([call()], {})).toBeNull();
  expect(callsCost([call({ isCached: true })], {})).toBe(0);
});

test("a pilot's forecast is what was spent and the mean times the rest", () => {
  const meter = new CostMeter({ "stand-in": { input: 1, output: 2 } });
  meter.count([call({ isCached: true })], { isWhole: true });
  expect(pilotForecast(meter, { remaining: 8, concurrency: 4 })).toBeUndefined();
  meter.count([call({ usage: usage(100, 50) })], { isWhole: true }); // 2e-4
  meter.count([call({ usage: usage(200, 100), milliseconds: 300 })], { isWhole: true }); // 4e-4
  meter.count([call({ usage: usage(100, 0) })], { isWhole: false }); // 1e-4, of a failed sample
  const found = pilotForecast(meter, { remaining: 8, concurrency: 4 })!;
  expect([found.n, found.cost!.about]).toEqual([2, expect.closeTo(7e-4 + 8 * 3e-4, 12)]);
  // s = sqrt(2) * 1e-4, t(0.975, 1) = 12.706205; sqrt(1/2 + 1/8) * 8 of it
  const half = 12.7062047 * Math.SQRT2 * 1e-4 * 8 * Math.sqrt(5 / 8);
  expect(found.cost!.interval.high).toBeCloseTo(7e-4 + 8 * 3e-4 + half, 9);
  expect(found.cost!.interval.low).toBe(7e-4); // the rest costs no less than nothing
  expect(found.seconds.about).toBeCloseTo((8 * 0.2) / 4, 12);
  expect(meter.spending()).toEqual({
    usage: [
      {
        ...{ model: "stand-in", calls: 3, promptTokens: 400, cachedTokens: 0 },
        ...{ answerTokens: 150, estimatedCalls: 0 },
      },
    ],
    cost: expect.closeTo(7e-4, 12),
  });
});

/** A sample asks its text of the model and, when it is graded, the answer of the grader. */
const task = (isGraded: boolean): EvalTask => ({
  name: "t",
  samples: async () => [],
  async evaluate({ id, data }, { ask }) {
    if (data["text"] === undefined) throw new DataError(`${id}: has no text`);
    const { texts } = await ask({ policy: 0 }, said(String(data["text"])), { max_tokens: 20 });
    if (isGraded) await ask("grader", said(`right? ${texts[0]}`), { max_tokens: 5 });
    return { scores: { accuracy: { value: 1 } }, events: [] };
  },
  report: () => ({}),
});

describe("a dry pass", () => {
  const samples = ["12345678", undefined, "1234", "known123", "done"].map((text, i) => ({
    id: `t.${i}`,
    data: { ...(text !== undefined && { text }) },
  }));
  const answer = {
    ...{ texts: ["yes"], finishReasons: ["stop"], toolCalls: [[]], usage: undefined },
    ...{ model: "stand-in", unsupported: [] },
  };
  const options = {
    ...{ samples, seed: 1, done: new Set(["t.4"]), probes: 1 },
    policies: [standInModel(() => Promise.reject(new Error("asked")))],
    grader: { ...standInModel(() => Promise.reject(new Error("asked"))), name: "grader" },
    known: (_: string, { messages }: { messages: readonly Message[] }) =>
      messages[0]!.content === "known123" ? answer : undefined,
  };

  test("finds every first question that is neither done nor known, and asks nothing", async () => {
    const plan = await planRun({ ...options, task: task(false) });
    expect(plan).toMatchObject({
      samples: 5,
      done: 1,
      cached: 1,
      unaskable: 1,
      fresh: 2,
      later: [],
    });
    // 4 + 2 and 4 + 1 tokens; 20 of each answer
    expect(plan.first).toEqual([
      {
        ...{ model: "stand-in", calls: 2, promptTokens: 11, mostAnswerTokens: 40 },
        unboundedCalls: 0,
      },
    ]);
    const prices = { "stand-in": { input: 1, output: 10 } };
    expect(forecastCost(plan, prices)).toEqual({
      ...{ promptTokens: 11, mostAnswerTokens: 40 },
      promptCost: expect.closeTo(11e-6, 15),
      mostCost: expect.closeTo((11 + 400) * 1e-6, 15),
    });
    expect(forecastCost(plan, {})).toMatchObject({ promptCost: null, mostCost: null });
    expect(options.policies[0]!.asked).toHaveLength(0);
  });

  test("finds what is asked of a grader, also behind a known answer", async () => {
    const plan = await planRun({ ...options, task: task(true) });
    expect(plan).toMatchObject({ cached: 0, fresh: 3, unaskable: 1 });
    expect(plan.first.map(({ model, calls }) => [model, calls])).toEqual([
      ["stand-in", 2],
      ["grader", 1],
    ]);
    // one sample was looked at: "right? " is 4 + 2 tokens, of three samples
    expect(plan.later).toEqual([
      {
        ...{ model: "grader", calls: 3, promptTokens: 18, mostAnswerTokens: 15 },
        unboundedCalls: 0,
      },
    ]);
  });
});

describe("a budget", () => {
  const prices = { input: 1e6, output: 1e6 }; // a USD a token
  const request = { messages: [], arguments: { max_tokens: 4 } };

  test("is never overdrawn: calls wait for those under way, and end when nothing is left", async () => {
    const budget = new CostBudget(10);
    let underWay = 0;
    let most = 0;
    const model = standInModel(async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return "1234"; // a token of the 4 that it might be
    });
    const paid = budgeted(model, prices, budget);
    const ends = await Promise.allSettled(Array.from({ length: 20 }, () => paid.chat(request)));
    const refused = ends.filter((one) => one.status === "rejected");
    // 4 more must fit behind what was spent: up to 6 and one more
    expect([budget.spent, model.asked.length, refused.length]).toEqual([7, 7, 13]);
    expect([most, budget.isExhausted]).toEqual([2, true]);
    expect(refused.every((one) => one.reason instanceof CostLimitReached)).toBe(true);
  });

  test("counts a call that fails as free", async () => {
    const budget = new CostBudget(4);
    const model = standInModel((_, count) =>
      count === 1 ? Promise.reject(new DataError("no")) : "12345678",
    );
    const paid = budgeted(model, prices, budget);
    await expect(paid.chat(request)).rejects.toThrow("no");
    expect(budget.spent).toBe(0);
    await paid.chat(request);
    expect(budget.spent).toBe(2);
    await expect(paid.chat(request)).rejects.toThrow("--max-cost 4 is reached");
  });

  test("pays for texts that are gone on with, too", async () => {
    const document = { prompt: "12345678", arguments: { max_tokens: 4 } };
    const prompt = promptTokens([documentMessage(document)], document.arguments);
    const budget = new CostBudget(2 * prompt + 4); // a token less than two answers at their longest
    const model = standInModel(() => "1234");
    const complete = () => model.chat({ messages: [], arguments: {} });
    const paid = budgeted({ ...model, complete }, prices, budget);
    await paid.complete!(document);
    expect(budget.spent).toBe(prompt + 1);
    await expect(paid.complete!(document)).rejects.toThrow("is reached");
  });
});
