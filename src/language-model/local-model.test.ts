import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  randomImage,
  tinyConfig,
  tinyParameters,
  tinyVisionConfig,
} from "../generate/generate.fixture.ts";
import { saveModel } from "../model/checkpoint.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { type Completion, LocalModel } from "./local-model.ts";
import type { Prompt } from "./prompt.ts";

const tokenizer = byteTokenizer();
let folder: string;
let runtime: Runtime;
let model: LocalModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
  await saveModel(folder, { config: tinyConfig, parameters: tinyParameters(), tokenizer });
  runtime = await openRuntime();
  model = await LocalModel.open(runtime, folder, { slots: 4 });
});
afterAll(async () => {
  model?.release();
  runtime?.release();
  await rm(folder, { recursive: true });
});

async function stream(
  prompt: Prompt,
  settings: Parameters<LocalModel["generate"]>[1],
): Promise<{ pieces: string[]; completion: Completion }> {
  const pieces: string[] = [];
  const generator = model.generate(prompt, settings);
  for (;;) {
    const next = await generator.next();
    if (next.done === true) return { pieces, completion: next.value };
    pieces.push(next.value);
  }
}

const raw = (text: string): Prompt => ({ kind: "raw", text });

describe("generate", () => {
  test("streams the pieces of the text that it returns, with the tokens", async () => {
    const settings = { maxTokens: 30, ignoreEos: true };
    const { pieces, completion } = await stream(raw("<s>Once upon"), settings);
    const { promptTokens, tokens, text, finishReason } = completion;
    expect(promptTokens).toEqual([1, ...tokenizer.encode("Once upon")]);
    expect(tokens).toHaveLength(30);
    expect(finishReason).toBe("length");
    expect(pieces.join("")).toBe(text);
    expect(text).toBe(tokenizer.decode(tokens, { skipSpecial: true }));
    expect(pieces.length).toBeGreaterThan(1);
  });

  test("fills the context when there is no maxTokens", async () => {
    const { completion } = await stream(raw("Once upon"), { ignoreEos: true });
    expect(completion.tokens).toHaveLength(tinyConfig.maxSeqLen - 9);
  });

  test.each(["eos", "imEnd"] as const)("ends at %s, unless it is to be ignored", async (name) => {
    const settings = { maxTokens: 40, temperature: 3 };
    const special = tokenizer.special[name];
    // some seed draws the token within 40 of 266 equally likely ones, and more after it
    for (let seed = 0; ; seed++) {
      const whole = await stream(raw("x"), { ...settings, seed, ignoreEos: true });
      const { tokens } = whole.completion;
      const ends = [tokens.indexOf(2), tokens.indexOf(4)].filter((index) => index >= 0);
      const end = Math.min(...ends);
      if (tokens[end] !== special) continue;
      const { completion } = await stream(raw("x"), { ...settings, seed });
      expect(completion.tokens).toEqual(tokens.slice(0, end + 1));
      expect(completion.finishReason).toBe("stop");
      expect(completion.text).not.toContain("<");
      return;
    }
  });

  test("refuses what exceeds the context before any work", async () => {
    await expect(stream(raw("x".repeat(60)), { maxTokens: 5 })).rejects.toThrow(
      "generate: the context holds 64 tokens, the prompt has 60 and 5 new ones are asked for; shorten the prompt or ask for at most 4",
    );
    await expect(stream(raw("x".repeat(70)), {})).rejects.toThrow("the prompt has 70");
    await expect(stream(raw(""), {})).rejects.toThrow("at least one token");
  });
});

test("complete gives each document's text as generate does alone", async () => {
  const texts = ["one", "another one", "three", "a fourth one", "five", "six"];
  const settings = { maxTokens: 12, temperature: 1, seed: 5, stop: ["\n"] };
  const expected: string[] = [];
  for (const text of texts) {
    expected.push((await stream({ kind: "document", text }, settings)).completion.text);
  }
  expect(await model.complete(texts, settings)).toEqual(expected);
  expect(await model.complete([], settings)).toEqual([]);
});

test("sample gives what the following seeds give", async () => {
  const settings = { maxTokens: 10, temperature: 1 };
  const samples = await model.sample(raw("one"), 6, { ...settings, seed: 3 });
  for (const [index, sample] of samples.entries()) {
    const { completion } = await stream(raw("one"), { ...settings, seed: 3 + index });
    expect(sample).toEqual(completion);
  }
});

test("score reads special tokens as such, and its loss is the negative mean", async () => {
  const { tokens, logProbs, lossNats } = await model.score("<s>Once</s>");
  expect(tokens).toEqual([1, ...tokenizer.encode("Once"), 2]);
  expect(logProbs).toHaveLength(5);
  expect(lossNats).toBeCloseTo(-logProbs.reduce((a, b) => a + b, 0) / 5, 10);
});

test("a text is greedy when it is what the model itself goes on with", async () => {
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
  let greedy = 0;
  for (const text of letters) {
    const prompt: Prompt = { kind: "document", text };
    const [own] = await model.sample(prompt, 1, { maxTokens: 1, ignoreEos: true });
    for (const scored of await model.scoreEachAfter(prompt, letters)) {
      expect(scored.isGreedy).toBe(scored.tokens[0] === own!.tokens[0]);
      if (scored.isGreedy) greedy++;
    }
  }
  expect(greedy).toBeGreaterThan(0);
});

test("a signal ends what is waiting for a place, and leaves the others alone", async () => {
  const prompt = raw("one");
  const settings = { maxTokens: 20, ignoreEos: true };
  const [alone] = await model.sample(prompt, 1, settings);
  const controller = new AbortController();
  const ended = model.sample(prompt, 9, { ...settings, signal: controller.signal });
  const other = model.sample(prompt, 1, settings);
  controller.abort(new Error("enough"));
  await expect(ended).rejects.toThrow("enough");
  expect(await other).toEqual([alone]);
  const before = model.sample(prompt, 1, { signal: AbortSignal.abort(new Error("never")) });
  await expect(before).rejects.toThrow("never");
});

describe("a model that reads images", () => {
  const image = randomImage({ rows: 2, columns: 4 }, 1);
  const other = randomImage({ rows: 2, columns: 4 }, 2);
  let seeing: LocalModel;
  beforeAll(async () => {
    const parameters = tinyParameters(tinyVisionConfig);
    seeing = await LocalModel.from(
      runtime,
      { config: tinyVisionConfig, parameters, tokenizer },
      { slots: 2 },
    );
  });
  afterAll(() => seeing?.release());

  test("generates from what it is shown", async () => {
    const settings = { maxTokens: 12, temperature: 1, ignoreEos: true };
    const shown = (images: readonly ImagePixels[]) =>
      seeing.sample({ kind: "document", text: "[IMG] is", images }, 2, settings);
    const [first] = await shown([image]);
    expect(first!.promptTokens.slice(0, 2)).toEqual([1, tokenizer.special.image]);
    expect((await shown([image]))[0]).toEqual(first);
    expect((await shown([other]))[0]!.tokens).not.toEqual(first!.tokens);
  });

  const scoreAfter = async (prompt: Prompt, text: string) =>
    (await seeing.scoreEachAfter(prompt, [text]))[0]!;

  test("scores a text after a prompt as within the whole text", async () => {
    for (const shown of [image, other]) {
      const prompt: Prompt = { kind: "document", text: "[IMG]see: ", images: [shown] };
      const { tokens, logProbs } = await scoreAfter(prompt, "a cat");
      const whole = await seeing.score("<s>[IMG]see: a cat", [shown]);
      expect(tokens).toEqual(tokenizer.encode("a cat"));
      expect(logProbs).toEqual(whole.logProbs.slice(-5));
    }
    const prompt: Prompt = { kind: "document", text: "", images: [image] };
    const texts = ["a cat", "one dog more"];
    const together = await seeing.scoreEachAfter(prompt, texts);
    for (const [index, each] of texts.entries()) {
      const { tokens, logProbs } = await scoreAfter(prompt, each);
      expect(together[index]!.tokens).toEqual(tokens);
      for (const [at, value] of logProbs.entries()) {
        expect(together[index]!.logProbs[at]).toBeCloseTo(value, 4);
      }
    }
    const text = await scoreAfter(raw("<s>see: "), "a cat");
    expect(text.logProbs).toEqual((await seeing.score("<s>see: a cat")).logProbs.slice(-5));
  });

  test("another model refuses images, both an empty text", async () => {
    const prompt = { ...raw("a"), images: [image] };
    await expect(model.sample(prompt, 1)).rejects.toThrow("has no vision tower");
    await expect(model.score("a", [image])).rejects.toThrow("has no vision tower");
    await expect(scoreAfter(prompt, "")).rejects.toThrow("at least one token each");
  });
});

test("a folder that is no model is refused", async () => {
  await expect(LocalModel.open(runtime, join(folder, "no"), { slots: 1 })).rejects.toThrow(
    "not a model folder",
  );
});
