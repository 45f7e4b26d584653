import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LanguageModelV3CallOptions, LanguageModelV3StreamPart } from "@ai-sdk/provider";
import {
  InvalidArgumentError,
  InvalidPromptError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import { generateText, streamText } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyConfig, tinyParameters, tinyVisionConfig } from "../../generate/generate.fixture.ts";
import {
  type LocalLanguageModel,
  openLocalLanguageModel,
} from "../../language-model/local-language-model.ts";
import { saveModel } from "../../model/checkpoint.ts";
import type { ModelConfig } from "../../model/config.ts";
import { byteTokenizer } from "../../model/text/tokenizer.ts";
import { createForetoken, type ForetokenProvider } from "./index.ts";

const config = { ...tinyConfig, maxSeqLen: 192 };
let directory: string;
let foretoken: ForetokenProvider;
let own: LocalLanguageModel;

async function saveTiny(name: string, tiny: ModelConfig): Promise<void> {
  const parameters = [...tinyParameters(tiny)].map(([key, { data }]) => [key, data] as const);
  await saveModel(join(directory, name), {
    ...{ config: tiny, parameters: Object.fromEntries(parameters), tokenizer: byteTokenizer() },
  });
}

beforeAll(async () => {
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  directory = await mkdtemp(join(tmpdir(), "foretoken-ai-sdk-"));
  await saveTiny("tiny", config);
  await saveTiny("seeing", tinyVisionConfig);
  await writeFile(join(directory, "notes.txt"), "no model");
  foretoken = createForetoken({ directory, workspace: join(directory, "none"), slots: 4 });
  own = await openLocalLanguageModel("tiny", join(directory, "tiny"), { directory });
});
afterAll(async () => {
  await foretoken?.close();
  await own?.close();
  await rm(directory, { recursive: true, force: true });
});

const settings = { maxOutputTokens: 24, temperature: 1.5, topP: 0.95, topK: 200, seed: 3 };
const callArguments = { max_tokens: 24, temperature: 1.5, top_p: 0.95, top_k: 200, seed: 3 };
const conversation = [
  { role: "user" as const, content: "Hello" },
  { role: "assistant" as const, content: "Hi" },
  { role: "user" as const, content: "Who?" },
];
const system = "Be brief.";

async function expectedAnswer(more: Readonly<Record<string, unknown>> = {}) {
  const messages = [{ role: "system", content: system }, ...conversation];
  const answer = await own.chat({ messages, arguments: { ...callArguments, ...more } });
  return { text: answer.texts[0]!, finish: answer.finishReasons[0], usage: answer.usage! };
}

const asked = (more: object = {}) => ({
  ...{ model: foretoken("tiny"), system, messages: conversation, ...settings, ...more },
});

describe("generateText", () => {
  test("says what the model itself says, with its usage and why it ended", async () => {
    const expected = await expectedAnswer();
    const { text, finishReason, usage, warnings, response } = await generateText(asked());
    expect([text, finishReason, warnings]).toEqual([expected.text, expected.finish, []]);
    expect(text.length).toBeGreaterThan(0);
    expect(usage).toMatchObject({
      inputTokens: expected.usage.prompt_tokens,
      outputTokens: expected.usage.completion_tokens,
      totalTokens: expected.usage.total_tokens,
    });
    expect(response.modelId).toBe("tiny");
  });

  test("ends before a stop sequence", async () => {
    const { text: whole } = await expectedAnswer();
    const stop = whole.slice(4, 6);
    const { text, finishReason } = await generateText(asked({ stopSequences: [stop] }));
    expect([text, finishReason]).toEqual([whole.slice(0, whole.indexOf(stop)), "stop"]);
  });

  test("requests at the same time say what each says alone", async () => {
    const seeds = [1, 2, 3, 4, 5, 6];
    const together = await Promise.all(seeds.map((seed) => generateText(asked({ seed }))));
    const alone = [];
    for (const seed of seeds) alone.push((await expectedAnswer({ seed })).text);
    expect(together.map(({ text }) => text)).toEqual(alone);
  });

  test("sees images as bytes, base64 and data URLs", async () => {
    const svg = (color: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="${color}"/></svg>`;
    const base64 = (color: string) => Buffer.from(svg(color)).toString("base64");
    const see = async (image: string | Uint8Array | URL) => {
      const content = [
        { type: "text" as const, text: "What? " },
        { type: "image" as const, image, mediaType: "image/svg+xml" },
      ];
      const { text } = await generateText({
        ...{
          model: foretoken("seeing"),
          maxOutputTokens: 8,
          messages: [{ role: "user", content }],
        },
      });
      return text;
    };
    const seeing = await openLocalLanguageModel("s", join(directory, "seeing"), { directory });
    const url = `data:image/svg+xml;base64,${base64("red")}`;
    const content = [
      { type: "text", text: "What? " },
      { type: "image_url", image_url: { url } },
    ];
    const messages = [{ role: "user", content }];
    const { texts } = await seeing.chat({ messages, arguments: { max_tokens: 8 } });
    await seeing.close();
    expect(await see(Buffer.from(svg("red")))).toBe(texts[0]);
    expect(await see(base64("red"))).toBe(texts[0]);
    expect(await see(new URL(url))).toBe(texts[0]);
    expect(await see(Buffer.from(svg("blue")))).not.toBe(texts[0]);
  });
});

describe("streamText", () => {
  test("says in pieces what generateText says at once", async () => {
    const whole = await generateText(asked());
    const streamed = streamText(asked());
    const pieces: string[] = [];
    for await (const piece of streamed.textStream) pieces.push(piece);
    expect(pieces.join("")).toBe(whole.text);
    expect(pieces.length).toBeGreaterThan(5);
    expect(await streamed.usage).toEqual(whole.usage);
    expect(await streamed.finishReason).toBe(whole.finishReason);
    expect((await streamed.response).modelId).toBe("tiny");
  });

  test("gives the first piece before the last token was made", async () => {
    const other = createForetoken({ directory, slots: 1 });
    const reader = (
      await other("tiny").doStream(call({ maxOutputTokens: 100 }))
    ).stream.getReader();
    const types = [];
    while (types.at(-1) !== "text-delta") types.push((await reader.read()).value!.type);
    expect(types).toEqual(["stream-start", "response-metadata", "text-start", "text-delta"]);
    // one slot: this one has it when the reader of the first leaves
    const second = other("tiny").doGenerate(call({ maxOutputTokens: 2 }));
    await reader.cancel();
    expect((await second).usage.outputTokens.total).toBe(2);
    await other.close();
  });

  test("an abort ends it", async () => {
    const controller = new AbortController();
    const { fullStream } = streamText(
      asked({ maxOutputTokens: 150, abortSignal: controller.signal }),
    );
    const types = new Set<string>();
    for await (const { type } of fullStream) {
      if (type === "text-delta") controller.abort();
      types.add(type);
    }
    expect([...types]).toContain("abort");
    expect([...types]).not.toContain("finish");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(generateText(asked({ abortSignal: signal }))).rejects.toThrow("enough");
  });
});

/** A call as an application without the package `ai` makes it. */
function call(options: Partial<LanguageModelV3CallOptions> = {}): LanguageModelV3CallOptions {
  const content = [{ type: "text" as const, text: "Hello" }];
  return { prompt: [{ role: "user", content }], maxOutputTokens: 4, ...options };
}

test("what has no effect is warned of", async () => {
  const options = call({
    tools: [{ type: "function", name: "look", inputSchema: { type: "object" } }],
    toolChoice: { type: "required" },
    responseFormat: { type: "json" },
    ...{ presencePenalty: 1, frequencyPenalty: 0, providerOptions: { foretoken: { speed: 1 } } },
    prompt: [
      ...call().prompt,
      { role: "assistant", content: [{ type: "reasoning", text: "Hm." }] },
      ...call().prompt,
    ],
  });
  const features = [
    ...["tools", "toolChoice", "responseFormat", "presencePenalty", "providerOptions.foretoken"],
    "reasoning",
  ];
  const { warnings } = await foretoken("tiny").doGenerate(options);
  expect(warnings.map((warning) => warning.type === "unsupported" && warning.feature)).toEqual(
    features,
  );
  const { stream } = await foretoken("tiny").doStream(options);
  const parts: LanguageModelV3StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  expect(parts[0]).toEqual({ type: "stream-start", warnings });
});

test("what cannot be asked is refused in the AI SDK's errors", async () => {
  const tiny = foretoken("tiny");
  for (const bad of [{ temperature: -1 }, { topP: 0 }, { maxOutputTokens: 0 }, { seed: 0.5 }]) {
    const [argument] = Object.keys(bad);
    await expect(tiny.doGenerate(call(bad))).rejects.toSatisfy(
      (error) => InvalidArgumentError.isInstance(error) && error.argument === argument,
    );
  }
  const long = [{ type: "text" as const, text: "long ".repeat(100) }];
  const png = { type: "file" as const, mediaType: "image/png", data: "bm9uZQ==" };
  const prompts = [
    [{ role: "user" as const, content: long }],
    [{ role: "user" as const, content: [png] }],
  ];
  for (const prompt of prompts) {
    await expect(tiny.doGenerate(call({ prompt }))).rejects.toSatisfy(
      InvalidPromptError.isInstance,
    );
    await expect(tiny.doStream(call({ prompt }))).rejects.toSatisfy(InvalidPromptError.isInstance);
  }
  const output = { type: "text" as const, value: "1" };
  for (const prompt of [
    [{ role: "user" as const, content: [{ ...png, mediaType: "audio/wav" }] }],
    [{ role: "user" as const, content: [{ ...png, data: new URL("file:///etc/hostname") }] }],
    [
      {
        role: "tool" as const,
        content: [{ type: "tool-result" as const, toolCallId: "1", toolName: "look", output }],
      },
    ],
  ]) {
    await expect(tiny.doGenerate(call({ prompt }))).rejects.toSatisfy(
      UnsupportedFunctionalityError.isInstance,
    );
  }
});

test("a model that is not there is asked for again, one that is there is loaded once", async () => {
  await expect(foretoken("later").doGenerate(call())).rejects.toSatisfy(
    NoSuchModelError.isInstance,
  );
  await expect(foretoken("notes.txt").doGenerate(call())).rejects.toThrow("expected the folder");
  expect(() => foretoken.embeddingModel("tiny")).toThrow(NoSuchModelError);
  await saveTiny("later", config);
  const { content } = await foretoken.languageModel("later").doGenerate(call());
  await rm(join(directory, "later"), { recursive: true });
  expect((await foretoken("later").doGenerate(call())).content).toEqual(content);
});

test("closing ends what is under way, also an answer that nobody reads on", async () => {
  const closing = createForetoken({ directory });
  const { stream } = await closing("tiny").doStream(call({ maxOutputTokens: 100 }));
  const reader = stream.getReader();
  await reader.read();
  const other = closing("tiny").doGenerate(call({ maxOutputTokens: 100 }));
  const ended = expect(other).rejects.toThrow("one that was closed");
  await closing.close();
  await ended;
  await expect(reader.read()).rejects.toThrow("one that was closed");
  await expect(closing("tiny").doGenerate(call())).rejects.toThrow("one that was closed");
  await expect(closing("never").doGenerate(call())).rejects.toThrow("one that was closed");
  await closing.close();
});
