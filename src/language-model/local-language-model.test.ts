import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyConfig, tinyParameters, tinyVisionConfig } from "../generate/generate.fixture.ts";
import { byteTokenizer, type Tokenizer } from "../model/text/tokenizer.ts";
import { tokenizerFromJson } from "../model/text/tokenizer-file.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { type LocalLanguageModel, localLanguageModel } from "./local-language-model.ts";
import { LocalModel } from "./local-model.ts";
import { localPrompt } from "./local-prompt.ts";

const tokenizer = byteTokenizer();
let runtime: Runtime;
let local: LocalModel;
let model: LocalLanguageModel;
beforeAll(async () => {
  runtime = await openRuntime();
  const parameters = tinyParameters();
  const loaded = { config: { ...tinyConfig, maxSeqLen: 128 }, parameters, tokenizer };
  local = await LocalModel.from(runtime, loaded, { slots: 4 });
  model = localLanguageModel(local, { name: "tiny", slots: 4, directory: "." });
});
afterAll(async () => {
  await model?.close();
  runtime?.release();
});

const messages = [{ role: "user", content: "Hello" }];
const chat = (callArguments: Readonly<Record<string, unknown>>) =>
  model.chat({ messages, arguments: callArguments });

test("answers as the model does on the same template and settings", async () => {
  const settings = { maxTokens: 12, temperature: 1.5, topP: 0.9, seed: 3 };
  const completions = await local.sample({ kind: "chat", messages }, 2, settings);
  const asked = { max_tokens: 12, temperature: 1.5, top_p: 0.9, seed: 3, n: 2 };
  const answer = await chat(asked);
  expect(answer.texts).toEqual(completions.map(({ text }) => text));
  expect(answer.finishReasons).toEqual(completions.map(({ finishReason }) => finishReason));
  const prompt_tokens = completions[0]!.promptTokens.length;
  const completion_tokens = completions[0]!.tokens.length + completions[1]!.tokens.length;
  const total_tokens = prompt_tokens + completion_tokens;
  expect(answer.usage).toEqual({ prompt_tokens, completion_tokens, total_tokens });
  expect((await chat({ ...asked, seed: 4 })).texts[0]).toBe(answer.texts[1]);
  const { n: _, ...once } = asked;
  const [second] = (await model.chat({ messages, arguments: once, draw: 1 })).texts;
  expect(second).toBe(answer.texts[1]);
});

test("can be heard while it answers, and be stopped", async () => {
  const request = { messages, arguments: { max_tokens: 40, temperature: 1.5, seed: 3 } };
  const answer = await model.chat(request);
  const controller = new AbortController();
  const whole = model.stream(request);
  const pieces: string[] = [];
  let step = await whole.next();
  for (; step.done !== true; step = await whole.next()) pieces.push(step.value);
  expect(step.value).toEqual(answer);
  expect(pieces.join("")).toBe(answer.texts[0]);
  expect(pieces.length).toBeGreaterThan(10);

  const stopped = model.stream({ ...request, signal: controller.signal });
  expect((await stopped.next()).value).toBe(pieces[0]);
  controller.abort(new Error("enough"));
  await expect(stopped.next()).rejects.toThrow("enough");
});

test("takes the likeliest tokens, as many as fit, when nothing else is said", async () => {
  const answer = await chat({});
  const { usage } = await chat({ max_tokens: 1_000_000, temperature: 0, seed: 9 });
  expect(usage).toEqual(answer.usage);
  expect(usage!.total_tokens).toBe(128);
  expect(answer.finishReasons).toEqual(["length"]);
  expect((await chat({ max_completion_tokens: 3 })).usage!.completion_tokens).toBe(3);
});

test("ends before a stop string", async () => {
  const { texts } = await chat({ max_tokens: 40, temperature: 2, seed: 1 });
  const stop = texts[0]!.slice(4, 6);
  const stopped = await chat({ max_tokens: 40, temperature: 2, seed: 1, stop });
  expect(stopped.texts[0]).toBe(texts[0]!.slice(0, texts[0]!.indexOf(stop)));
  expect(stopped.finishReasons).toEqual(["stop"]);
});

test("requests at the same time have the answers that each has alone", async () => {
  const asked = [1, 2, 3, 4, 5, 6].map((seed) => ({ max_tokens: 9, temperature: 1, seed }));
  const alone = [];
  for (const each of asked) alone.push(await chat(each));
  expect(await Promise.all(asked.map(chat))).toEqual(alone);
});

test("scores continuations of a text and of a conversation", async () => {
  const continuations = ["yes", "no, not at all"];
  for (const prompt of ["Is it so? ", messages]) {
    const kind =
      typeof prompt === "string"
        ? ({ kind: "document", text: prompt } as const)
        : ({ kind: "chat", messages: prompt } as const);
    const expected = await local.scoreEachAfter(kind, continuations);
    expect(await model.score!({ prompt, continuations })).toEqual(
      expected.map(({ tokens, logProbs, isGreedy }) => ({
        ...{ tokens: tokens.length, isGreedy },
        logProb: logProbs.reduce((sum, value) => sum + value, 0),
      })),
    );
  }
  expect(await model.score!({ prompt: "a", continuations: [] })).toEqual([]);
});

test("a wrong argument is named", async () => {
  await expect(chat({ temperature: "hot" })).rejects.toThrow(
    "tiny: the argument temperature cannot be read",
  );
  await expect(chat({ temperature: -1 })).rejects.toThrow("temperature must be a number >= 0");
  await expect(chat({ n: 0 })).rejects.toThrow("samples must be a whole number >= 1");
});

test("what it cannot carry is named", async () => {
  const { unsupported } = await model.chat({
    messages: [
      { role: "user", content: [{ type: "input_audio", input_audio: {} }], name: "Ann" },
      { role: "assistant", content: null, tool_calls: [{ id: "1" }] },
    ],
    arguments: { max_tokens: 2, tools: [{ type: "function" }], response_format: { type: "text" } },
  });
  expect(unsupported).toEqual([
    ...["messages.name", "messages.tool_calls", "messages.content.input_audio", "tools"],
  ]);
});

test("named examples are turns", async () => {
  const examples = [
    { role: "system", content: "2+2", name: "example_user" },
    { role: "system", content: "4", name: "example_assistant" },
    { role: "developer", content: "Be brief.", name: "Bob" },
  ];
  const { prompt } = await localPrompt(tokenizer, examples, places);
  const roles = ["user", "assistant", "system"];
  expect(prompt).toMatchObject({ messages: roles.map((role) => ({ role })) });
});

const places = { directory: ".", longestSide: undefined };

describe("a model without a template", () => {
  const named = { spellings: {}, addsBos: true, ends: [] };
  const file = tokenizer.toJSON() as { added_tokens: object[] };
  // of another family, because ours has a template
  file.added_tokens.push({ id: tokenizer.vocabSize, content: "</think>", special: false });
  const plain: Tokenizer = tokenizerFromJson(file, "tokenizer.json", {
    ...{ named, chatTemplate: undefined, content: {}, origin: "theirs" },
  });

  test("gets turns with prefixes, and ends before the user's next one", async () => {
    const turns = [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "Hello" }] },
      { role: "assistant", content: "Hi" },
      { role: "user", content: "Who?" },
    ];
    const { prompt, stop } = await localPrompt(plain, turns, places);
    expect(prompt).toEqual({
      kind: "document",
      text: "System: Be brief.\n\nUser: Hello\n\nAssistant: Hi\n\nUser: Who?\n\nAssistant:",
      images: [],
    });
    expect(stop).toEqual(["\n\nUser:"]);
  });

  test("answers", async () => {
    const config = { ...tinyConfig, vocabSize: plain.vocabSize };
    const loaded = { config, parameters: tinyParameters(config), tokenizer: plain };
    const bare = await LocalModel.from(runtime, loaded, { slots: 1 });
    const asked = localLanguageModel(bare, { name: "bare", slots: 1, directory: "." });
    const answer = await asked.chat({ messages, arguments: { max_tokens: 4 } });
    const text = "User: Hello\n\nAssistant:";
    const [own] = await bare.sample({ kind: "document", text }, 1, { maxTokens: 4 });
    expect(answer.texts).toEqual([own!.text.replace(/^ /, "")]);
    let heard = "";
    const pieces = asked.stream({ messages, arguments: { max_tokens: 4 } });
    for await (const piece of pieces) heard += piece;
    expect(heard).toBe(answer.texts[0]);
    expect(answer.usage!.prompt_tokens).toBe(own!.promptTokens.length);
    await asked.close();
  });
});

test("an image is seen", async () => {
  const loaded = {
    config: tinyVisionConfig,
    parameters: tinyParameters(tinyVisionConfig),
    tokenizer,
  };
  const seeing = await LocalModel.from(runtime, loaded, { slots: 1 });
  const asked = localLanguageModel(seeing, { name: "seeing", slots: 1, directory: "." });
  const image = (color: string) => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="${color}"/></svg>`;
    return `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  };
  const see = async (url: string) => {
    const content = [{ type: "image_url", image_url: { url, detail: "high" } }];
    const answer = await asked.chat({
      ...{ messages: [{ role: "user", content }], arguments: { max_tokens: 8 } },
    });
    expect(answer.unsupported).toEqual(["messages.content.image_url.detail"]);
    return answer;
  };
  const red = await see(image("red"));
  expect(await see(image("red"))).toEqual(red);
  expect((await see(image("blue"))).texts).not.toEqual(red.texts);
  await expect(see("http://example.com/a.png")).rejects.toThrow("nothing is fetched");
  await asked.close();
});

test("goes on with a text as it is, without a conversation's template", async () => {
  const prompt = "Once upon";
  const expected = await local.sample({ kind: "document", text: prompt }, 1, { maxTokens: 7 });
  const answer = await model.complete!({ prompt, arguments: { max_tokens: 7 } });
  expect(answer.texts).toEqual([expected[0]!.text]);
  expect(answer.usage!.prompt_tokens).toBe(expected[0]!.promptTokens.length);
});
