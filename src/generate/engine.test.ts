import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { Engine, type EngineOptions, type TokenEvent } from "./engine.ts";
import { tinyConfig, tinyWeights, uncachedLogits } from "./generate.fixture.ts";
import type { ModelWeights } from "./model-weights.ts";
import type { GenerateRequest } from "./sample.ts";
import { greedy } from "./sampling.ts";
import { SlotRunner } from "./slot-runner.ts";

const tokenizer = byteTokenizer();
let runtime: Runtime;
let weights: ModelWeights;
beforeAll(async () => {
  runtime = await openRuntime();
  weights = await tinyWeights(runtime);
});
afterAll(() => runtime.release());

function request(prompt: string, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  const promptTokens = tokenizer.encode(prompt);
  const defaults = {
    images: [],
    maxTokens: 8,
    sampling: greedy,
    stopTokens: [],
    stop: [],
    samples: 1,
  };
  return { promptTokens, ...defaults, ...changes };
}

const sampled = (seed: number) => ({ temperature: 1, topK: 0, topP: 1, seed });

function openEngine(changes: Partial<EngineOptions> = {}): Promise<Engine> {
  const size = { slots: 4, capacity: 64, prefillChunk: 16 };
  return Engine.open({ weights, tokenizer, ...size, ...changes });
}

async function drain(engine: Engine): Promise<TokenEvent[]> {
  const events: TokenEvent[] = [];
  while (engine.isBusy) events.push(...(await engine.step()));
  return events;
}

const tokensOf = (events: readonly TokenEvent[], id: number, sample = 0) =>
  events.filter((e) => e.request === id && e.sample === sample).map(({ token }) => token);

/** What an engine of its own gives for each request's first sample. */
async function alone(requests: readonly GenerateRequest[]): Promise<number[][]> {
  const results: number[][] = [];
  for (const each of requests) {
    const engine = await openEngine({ slots: 1 });
    const id = engine.submit(each);
    results.push(tokensOf(await drain(engine), id));
    engine.release();
  }
  return results;
}

function greedyUncached(prompt: readonly number[], count: number): Promise<number[]> {
  return Array.from({ length: count }).reduce<Promise<number[]>>(async (soFar) => {
    const tokens = await soFar;
    const logits = await uncachedLogits(weights, [...prompt, ...tokens]);
    const last = logits.subarray(-tinyConfig.vocabSize);
    return [...tokens, last.indexOf(Math.max(...last))];
  }, Promise.resolve([]));
}

const mixed = [
  request("a"),
  request("The quick brown fox jumps over", { sampling: sampled(1), maxTokens: 20 }),
  request("A prompt", { sampling: sampled(2), maxTokens: 3 }),
  request("The quick brown fox jumps", { sampling: sampled(1), maxTokens: 30 }),
  request("0123456789 0123456789", { sampling: { ...sampled(9), topK: 5 }, maxTokens: 12 }),
  request("A prompt", { sampling: { ...sampled(4), topP: 0.5 }, maxTokens: 15 }),
  request("zzz", { maxTokens: 40 }),
];

describe("cached = uncached", () => {
  test("decoding gives the uncached decoder's logits to 1e-4, in any slot", async () => {
    const tokens = tokenizer.encode("The quick brown fox jumps over the lazy dog");
    const expected = await uncachedLogits(weights, tokens);
    const runner = await SlotRunner.open(weights, { slots: 6, capacity: 64, prefillChunk: 16 });
    const positions = [3, 0, 0, 0, 0, 1];
    for (const slot of [1, 5]) {
      await runner.prefill(slot, { tokens: tokens.slice(0, 16), position: 0 });
      await runner.prefill(slot, { tokens: tokens.slice(16, 30), position: 16 });
      for (let position = 30; position < tokens.length; position++) {
        positions[slot] = position;
        const logits = await runner.decode(positions, new Map([[slot, tokens[position]!]]));
        const row = expected.subarray(position * 266, (position + 1) * 266);
        const errors = logits(slot).map((value, i) => Math.abs(value - row[i]!));
        expect(Math.max(...errors)).toBeLessThan(1e-4);
        expect(Math.max(...row) - Math.min(...row)).toBeGreaterThan(1);
      }
    }
    runner.release();
  });

  test("greedy tokens are those of the uncached decoder", async () => {
    const prompts = ["a", "The quick brown fox jumps over", "0123456789 0123456789"];
    const requests = prompts.map((prompt) => request(prompt));
    const results = await alone(requests);
    for (const [index, { promptTokens }] of requests.entries()) {
      expect(results[index]).toEqual(await greedyUncached(promptTokens, 8));
    }
  });
});

describe("batching changes nothing", () => {
  test("mixed prompts together in fewer slots = each alone", async () => {
    const expected = await alone(mixed);
    for (const slots of [2, 5, 16]) {
      const engine = await openEngine({ slots });
      const ids = mixed.map((each) => engine.submit(each));
      const events = await drain(engine);
      expect(ids.map((id) => tokensOf(events, id))).toEqual(expected);
      engine.release();
    }
    expect(new Set(expected.map(String)).size).toBe(mixed.length);
  });

  test("requests that come later, into used slots, = each alone", async () => {
    const expected = await alone(mixed);
    const engine = await openEngine({ slots: 2 });
    const events: TokenEvent[] = [];
    const ids: number[] = [];
    for (const each of mixed) {
      ids.push(engine.submit(each));
      for (let step = 0; step < 5; step++) events.push(...(await engine.step()));
    }
    events.push(...(await drain(engine)));
    expect(ids.map((id) => tokensOf(events, id))).toEqual(expected);
    engine.release();
  });

  test("chunks of any size give the same tokens", async () => {
    const each = request("The quick brown fox jumps over the lazy", { maxTokens: 20 });
    const results: number[][] = [];
    for (const prefillChunk of [1, 7, 16, 64]) {
      const engine = await openEngine({ prefillChunk });
      const id = engine.submit(each);
      results.push(tokensOf(await drain(engine), id));
      engine.release();
    }
    expect(results).toEqual(results.map(() => results[0]));
    expect(results[0]).toHaveLength(20);
  });

  test("samples of one prompt = requests of their own with the seeds after each other", async () => {
    const prompt = "The quick brown fox jumps over";
    const seeds = [7, 8, 9, 10, 11];
    const expected = await alone(seeds.map((seed) => request(prompt, { sampling: sampled(seed) })));
    for (const slots of [1, 3, 8]) {
      const engine = await openEngine({ slots });
      const id = engine.submit(request(prompt, { sampling: sampled(7), samples: 5 }));
      const events = await drain(engine);
      expect(seeds.map((_, sample) => tokensOf(events, id, sample))).toEqual(expected);
      engine.release();
    }
  });

  test("a longer prompt goes on from the slot that holds its beginning", async () => {
    const [prompt, more] = ["The quick brown fox", "The quick brown fox jumps over"];
    const engine = await openEngine();
    engine.submit(request(prompt));
    await drain(engine);
    const id = engine.submit(request(more, { maxTokens: 12 }));
    let steps = 0;
    const events: TokenEvent[] = [];
    for (; engine.isBusy; steps++) events.push(...(await engine.step()));
    expect(tokensOf(events, id)).toEqual((await alone([request(more, { maxTokens: 12 })]))[0]);
    // 29 tokens to read, 18 of them held: one chunk, within the step of the first token
    expect(steps).toBe(12);
    engine.release();
  });
});

test("the web runtime gives the same tokens", async () => {
  const web = await openRuntime({ kind: "web" });
  const engine = await openEngine({ weights: await tinyWeights(web) });
  const ids = mixed.slice(0, 3).map((each) => engine.submit(each));
  const events = await drain(engine);
  expect(ids.map((id) => tokensOf(events, id))).toEqual(await alone(mixed.slice(0, 3)));
  web.release();
});

describe("seeds", () => {
  test("equal seeds give equal tokens, others not; temperature 0 ignores them", async () => {
    const at = (seed: number, temperature: number) =>
      request("seed", { sampling: { temperature, topK: 0, topP: 1, seed } });
    const [first, again, other, cold, coldOther] = await alone([
      at(1, 1),
      at(1, 1),
      at(2, 1),
      at(1, 0),
      at(2, 0),
    ]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(coldOther).toEqual(cold);
  });
});

describe("how a sample ends", () => {
  const prompt = "The quick brown fox";

  async function run(changes: Partial<GenerateRequest>) {
    const engine = await openEngine();
    engine.submit(request(prompt, { maxTokens: 20, ...changes }));
    const events = await drain(engine);
    engine.release();
    const text = events.map((event) => event.text).join("");
    return { tokens: events.map(({ token }) => token), text, last: events.at(-1)!, events };
  }

  test("at maxTokens by length, and every event but the last is without a reason", async () => {
    const { tokens, last, events } = await run({ maxTokens: 5 });
    expect(tokens).toHaveLength(5);
    expect(last.finishReason).toBe("length");
    expect(events.slice(0, -1).every((event) => event.finishReason === undefined)).toBe(true);
  });

  test("at a stop token, which is its last token; the context may end with the last one", async () => {
    const whole = await run({});
    const stopToken = whole.tokens[3]!;
    const { tokens, last } = await run({ stopTokens: [stopToken] });
    expect(tokens).toEqual(whole.tokens.slice(0, whole.tokens.indexOf(stopToken) + 1));
    expect(last.finishReason).toBe("stop");
    const { tokens: full } = await run({ maxTokens: 64 - prompt.length });
    expect(full).toHaveLength(64 - prompt.length);
  });

  test("at a stop string over token borders, before which the text ends", async () => {
    const ascii = { sampling: { temperature: 1, topK: 0, topP: 1, seed: 3 }, maxTokens: 40 };
    const whole = await run(ascii);
    const stop = whole.text.slice(4, 7);
    const { text, tokens, last } = await run({ ...ascii, stop: ["never this", stop] });
    expect(text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(tokens.length).toBeLessThan(whole.tokens.length);
    expect(last.finishReason).toBe("stop");
  });
});

test("a cancelled request gives no further events and frees its slot", async () => {
  const engine = await openEngine({ slots: 1 });
  const first = engine.submit(request("one", { maxTokens: 50 }));
  const second = engine.submit(request("two"));
  const third = engine.submit(request("three"));
  const events = [...(await engine.step())];
  engine.cancel(first);
  engine.cancel(third);
  events.push(...(await drain(engine)));
  expect(tokensOf(events, first)).toHaveLength(1);
  expect(tokensOf(events, second)).toEqual((await alone([request("two")]))[0]);
  expect(tokensOf(events, third)).toEqual([]);
  engine.release();
});

describe("what cannot run is refused", () => {
  test("a request, before any work", async () => {
    const engine = await openEngine();
    expect(() => engine.submit(request("abc", { maxTokens: 62 }))).toThrow(
      "generate: the context holds 64 tokens",
    );
    expect(engine.isBusy).toBe(false);
    engine.release();
  });

  test("an engine for more positions than the model knows, or for heads without a kernel", async () => {
    await expect(openEngine({ capacity: 65 })).rejects.toThrow(
      "generate: expected a context of at most 64 tokens, which the model was trained for, got 65",
    );
    const config = { ...tinyConfig, headDim: 8 };
    const narrow = await tinyWeights(runtime, config);
    await expect(openEngine({ weights: narrow })).rejects.toThrow("a multiple of 16, got 8");
    narrow.release();
  });

  test("a model whose weights are not numbers", async () => {
    const broken = await tinyWeights(runtime);
    await broken.buffers["model.norm.weight"]!.write(new Float32Array(32).fill(Number.NaN));
    const engine = await openEngine({ weights: broken });
    engine.submit(request("a"));
    await expect(engine.step()).rejects.toThrow("the model's logits are not numbers");
    engine.release();
    broken.release();
  });
});
