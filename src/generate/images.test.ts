import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImagePixels } from "../model/image/pixels.ts";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { Engine, type TokenEvent } from "./engine.ts";
import {
  imagesOf,
  type Parts,
  randomImage,
  tinyParameters,
  tinyVisionConfig,
  tinyWeights,
  tokensOf,
  uncachedLogits,
} from "./generate.fixture.ts";
import { ImageEncoder } from "./image-encoder.ts";
import { type ModelWeights, uploadWeights } from "./model-weights.ts";
import { placeImages } from "./placed-image.ts";
import type { GenerateRequest } from "./sample.ts";
import { greedy } from "./sampling.ts";
import { SlotRunner } from "./slot-runner.ts";

const tokenizer = byteTokenizer();
const { special } = tokenizer;
const wide = randomImage({ rows: 2, columns: 4 }, 1);
const other = randomImage({ rows: 2, columns: 4 }, 2);
const tall = randomImage({ rows: 5, columns: 2 }, 3);

let runtime: Runtime;
let weights: ModelWeights;
let encoder: ImageEncoder;
beforeAll(async () => {
  runtime = await openRuntime();
  weights = await tinyWeights(runtime, tinyVisionConfig);
  encoder = new ImageEncoder(weights);
});
afterAll(() => runtime.release());

function request(parts: Parts, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  const defaults = { maxTokens: 6, sampling: greedy, stopTokens: [], stop: [], samples: 1 };
  return { promptTokens: tokensOf(parts), images: imagesOf(parts), ...defaults, ...changes };
}

function openEngine(slots = 4, prefillChunk = 16): Promise<Engine> {
  const size = { slots, capacity: 128, prefillChunk };
  return Engine.open({ weights, tokenizer, imageEncoder: encoder, ...size });
}

async function drain(engine: Engine): Promise<TokenEvent[]> {
  const events: TokenEvent[] = [];
  while (engine.isBusy) events.push(...(await engine.step()));
  return events;
}

/** The tokens that each request gets from an engine, all submitted at once. */
async function run(engine: Engine, requests: readonly GenerateRequest[]): Promise<number[][]> {
  const ids = requests.map((each) => engine.submit(each));
  const events = await drain(engine);
  return ids.map((id) => events.filter((e) => e.request === id).map(({ token }) => token));
}

async function alone(requests: readonly GenerateRequest[]): Promise<number[][]> {
  const results: number[][] = [];
  for (const each of requests) {
    const engine = await openEngine(1);
    results.push(...(await run(engine, [each])));
    engine.release();
  }
  return results;
}

const prompts: readonly Parts[] = [
  [wide, "what is it?"],
  ["look ", other, "what is it?"],
  ["text alone"],
  ["one ", tall, " two ", wide, " three ", other, " which?"],
  [tall, tall, "?"],
];

test("decoding after images gives the uncached decoder's logits to 1e-4", async () => {
  const parts = ["a ", tall, " b ", wide, " and so on"];
  const tokens = tokensOf(parts);
  const images = imagesOf(parts);
  const placed = placeImages(tokens, images, { tokenizer, imageEncoder: encoder });
  const expected = await uncachedLogits(weights, tokens, images);
  const runner = await SlotRunner.open(weights, { slots: 2, capacity: 64, prefillChunk: 16 });
  const end = tokens.length - 4;
  for (let position = 0; position < end; position += 16) {
    const until = Math.min(position + 16, end);
    const features = await encoder.rows(placed, position, until);
    await runner.prefill(1, { tokens: tokens.slice(position, until), position, features });
  }
  for (let position = end; position < tokens.length; position++) {
    const logits = (await runner.decode([0, position], new Map([[1, tokens[position]!]])))(1);
    const row = expected.subarray(position * 266, (position + 1) * 266);
    expect(Math.max(...logits.map((value, i) => Math.abs(value - row[i]!)))).toBeLessThan(1e-4);
  }
  runner.release();
});

test("greedy tokens are those of the uncached decoder", async () => {
  const results = await alone(prompts.map((parts) => request(parts)));
  for (const [index, parts] of prompts.entries()) {
    const tokens = tokensOf(parts);
    for (const token of results[index]!) {
      const logits = await uncachedLogits(weights, tokens, imagesOf(parts));
      const last = logits.subarray(-tinyVisionConfig.vocabSize);
      expect(token).toBe(last.indexOf(Math.max(...last)));
      tokens.push(token);
    }
  }
});

describe("batching changes nothing", () => {
  const requests = prompts.map((parts, seed) =>
    request(parts, { sampling: { temperature: 1, topK: 0, topP: 1, seed }, maxTokens: 12 }),
  );

  test.each([1, 2, 8])("all prompts in %i slots = each alone", async (slots) => {
    const expected = await alone(requests);
    const engine = await openEngine(slots);
    expect(await run(engine, requests)).toEqual(expected);
    // once more over slots that hold beginnings of them
    expect(await run(engine, requests)).toEqual(expected);
    engine.release();
  });

  test("chunks of any size, which cut images anywhere, give the same tokens", async () => {
    const expected = await alone(requests);
    for (const prefillChunk of [1, 7, 64]) {
      const engine = await openEngine(2, prefillChunk);
      expect(await run(engine, requests)).toEqual(expected);
      engine.release();
    }
  });
});

describe("a slot that holds an image's tokens", () => {
  const steps = async (engine: Engine, each: GenerateRequest) => {
    engine.submit(each);
    let count = 0;
    for (; engine.isBusy; count++) await engine.step();
    return count;
  };

  test("is taken up by the same image, not by another one of its size", async () => {
    const [same, different] = [request([wide, tall, "?"]), request([other, tall, "?"])];
    const engine = await openEngine(1);
    const whole = await steps(engine, same);
    // 25 tokens to read, 16 a step; all but the last are held the second time
    expect(await steps(engine, same)).toBe(whole - 1);
    expect(await steps(engine, different)).toBe(whole);
    expect(await run(engine, [different])).toEqual(await alone([different]));
    engine.release();
  });

  test("is copied for the samples of a conversation that goes on", async () => {
    const first = request(["see ", wide, tall, "?"], { maxTokens: 4 });
    const engine = await openEngine(3);
    const [answer] = await run(engine, [first]);
    const question = tokenizer.encode("go on");
    const next = { ...first, promptTokens: [...first.promptTokens, ...answer!, ...question] };
    const sampling = { temperature: 1, topK: 0, topP: 1, seed: 5 };
    const events: TokenEvent[] = [];
    engine.submit({ ...next, sampling, samples: 3 });
    // all that is new fits into one step, the images' 25 tokens would not
    events.push(...(await engine.step()));
    expect(events).toHaveLength(1);
    events.push(...(await drain(engine)));
    const expected = await alone(
      [5, 6, 7].map((seed) => ({ ...next, sampling: { ...sampling, seed } })),
    );
    expect(
      [0, 1, 2].map((i) => events.filter((e) => e.sample === i).map(({ token }) => token)),
    ).toEqual(expected);
    engine.release();
  });

  test("two images of one size give different tokens", async () => {
    const sampling = { temperature: 1, topK: 0, topP: 1, seed: 3 };
    const [first, second] = await alone(
      [wide, other].map((image) => request([image, "what?"], { sampling, maxTokens: 20 })),
    );
    expect(first).not.toEqual(second);
  });
});

test("a tower changes nothing where there are no images, bit for bit", async () => {
  const { vision: _, ...config } = tinyVisionConfig;
  const blind = await uploadWeights(runtime, config, tinyParameters(tinyVisionConfig));
  const tokens = tokensOf(["The quick brown fox"]);
  const images = placeImages(tokens, [], { tokenizer, imageEncoder: encoder });
  const size = { slots: 1, capacity: 64, prefillChunk: 16 };
  const logits = async (runs: ModelWeights, features: Float32Array | undefined) => {
    const runner = await SlotRunner.open(runs, size);
    await runner.prefill(0, { tokens: tokens.slice(0, 10), position: 0, features });
    const found = (await runner.decode([10], new Map([[0, tokens[10]!]])))(0).slice();
    runner.release();
    return found;
  };
  const features = await encoder.rows(images, 0, 10);
  expect(await logits(weights, features)).toEqual(await logits(blind, undefined));
  blind.release();
});

describe("what does not fit together is refused", () => {
  const good = ["a", wide, "b"];
  const tokens = tokensOf(good);

  test.each<[string, readonly number[], readonly ImagePixels[], string]>([
    ["too few images", tokens, [], "images: 0 given, but the text has image tokens of more, at"],
    ["too many", tokens, [wide, tall], "images: 2 given, but the text has image tokens of 1;"],
    ["another size", tokens, [tall], "expected 5 rows of 2 image tokens at token 1, as image 1"],
    ["cut tokens", tokens.slice(0, 5), [wide], "expected 2 rows of 4 image tokens at token 1"],
    [
      "pixels of another size",
      tokens,
      [{ ...wide, data: wide.data.slice(1) }],
      "expected image 1 to have 1 to 32 rows and columns of 32 x 32 pixels in three colours, got 2 x 4 and 24575 bytes",
    ],
  ])("%s", (_, given, images, message) => {
    expect(() => placeImages(given, images, { tokenizer, imageEncoder: encoder })).toThrow(message);
  });

  test("images for a model without a tower; its [IMG] is a token like any other", async () => {
    const text = await tinyWeights(runtime);
    const size = { slots: 1, capacity: 64, prefillChunk: 16 };
    const engine = await Engine.open({ weights: text, tokenizer, ...size });
    expect(() => engine.submit(request(good))).toThrow("this model has no vision tower");
    const promptTokens = [special.image, 97];
    expect((await run(engine, [request([], { promptTokens })]))[0]).toHaveLength(6);
    expect(() => new ImageEncoder(text)).toThrow("this model has no vision tower");
    engine.release();
    text.release();
  });

  test("more image tokens than the context", async () => {
    const large = randomImage({ rows: 12, columns: 12 }, 1);
    const engine = await openEngine();
    expect(() => engine.submit(request([large, "a"]))).toThrow(
      "generate: the context holds 128 tokens, the prompt has 157 (156 of them for an image) and 6 new ones",
    );
    engine.release();
  });
});
