import { afterAll, beforeAll, expect, test } from "vitest";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { Engine } from "./engine.ts";
import { EngineStreams } from "./engine-stream.ts";
import { tinyWeights } from "./generate.fixture.ts";
import { greedy } from "./sampling.ts";

const tokenizer = byteTokenizer();
let runtime: Runtime;
let engine: Engine;
beforeAll(async () => {
  runtime = await openRuntime();
  const weights = await tinyWeights(runtime);
  engine = await Engine.open({ weights, tokenizer, slots: 2, capacity: 64, prefillChunk: 16 });
});
afterAll(() => runtime.release());

const request = (prompt: string, maxTokens = 10) => ({
  promptTokens: tokenizer.encode(prompt),
  ...{ maxTokens, sampling: greedy, stopTokens: [], stop: [], samples: 1 },
  images: [],
});

async function tokens(streams: EngineStreams, prompt: string): Promise<number[]> {
  const result: number[] = [];
  for await (const { token } of streams.stream(request(prompt))) result.push(token);
  return result;
}

test("callers at once get what each gets alone", async () => {
  const prompts = ["one", "another one", "a third", "and a fourth"];
  const alone: number[][] = [];
  for (const prompt of prompts) alone.push(await tokens(new EngineStreams(engine), prompt));
  const streams = new EngineStreams(engine);
  expect(await Promise.all(prompts.map((prompt) => tokens(streams, prompt)))).toEqual(alone);
  expect(alone.map((each) => each.length)).toEqual([10, 10, 10, 10]);
});

test("a caller that leaves frees its slot", async () => {
  const streams = new EngineStreams(engine);
  for await (const _ of streams.stream(request("long", 50))) break;
  expect(engine.isBusy).toBe(false);
});

test("a wrong request fails its caller alone", async () => {
  const streams = new EngineStreams(engine);
  const good = tokens(streams, "fine");
  const bad = streams.stream(request("too long", 1000));
  await expect(bad.next()).rejects.toThrow("generate: the context holds 64 tokens");
  expect(await good).toHaveLength(10);
});
