import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, ProviderError } from "../src/errors.ts";
import { tinyConfig, tinyParameters } from "../src/generate/generate.fixture.ts";
import type { LanguageModel, ModelRequest } from "../src/language-model/language-model.ts";
import {
  type LanguageModelOptions,
  openLanguageModel,
} from "../src/language-model/open-language-model.ts";
import type { RateLimits } from "../src/language-model/rate-limits.ts";
import { saveModel } from "../src/model/checkpoint.ts";
import { byteTokenizer } from "../src/model/text/tokenizer.ts";
import { anthropicProtocol } from "./language-models/anthropic-protocol.fixture.ts";
import {
  describeConformance,
  oddQuestion,
  question,
} from "./language-models/conformance.fixture.ts";
import { googleProtocol } from "./language-models/google-protocol.fixture.ts";
import { openAiProtocol } from "./language-models/openai-protocol.fixture.ts";
import {
  type Answered,
  defaultAnswer,
  type ProviderServer,
  startProvider,
  type WireProtocol,
} from "./language-models/provider-server.fixture.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
  const parameters = tinyParameters();
  const tokenizer = byteTokenizer();
  await saveModel(join(directory, "tiny"), { config: tinyConfig, parameters, tokenizer });
});
afterAll(() => rm(directory, { recursive: true }));

const open = (text: string, options: Partial<LanguageModelOptions> = {}) =>
  openLanguageModel(text, {
    ...{ directory, workspaceFolder: join(directory, ".foretoken"), environment: {}, threads: 1 },
    ...options,
  });

/** A provider with its server in this process. */
interface Provider {
  readonly name: string;
  readonly protocol: WireProtocol;
  readonly keyVariable: string;
  /** Of the arguments and fields that are tried, those that it cannot carry. */
  readonly lacks: readonly string[];
}

const providers: readonly Provider[] = [
  {
    ...{ name: "openai", protocol: openAiProtocol, keyVariable: "OPENAI_API_KEY" },
    lacks: [],
  },
  {
    ...{ name: "anthropic", protocol: anthropicProtocol, keyVariable: "ANTHROPIC_API_KEY" },
    lacks: ["seed", "response_format", "n", "logit_bias", "messages.name"],
  },
  {
    ...{ name: "google", protocol: googleProtocol, keyVariable: "GOOGLE_GENERATIVE_AI_API_KEY" },
    lacks: ["n", "logit_bias", "messages.name"],
  },
];

const redSquare =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

const tools = [
  {
    type: "function",
    function: {
      ...{ name: "weather", description: "The weather of a place" },
      parameters: { type: "object", properties: { place: { type: "string" } } },
    },
  },
];

describeConformance("a model of ours", {
  open: () => open("tiny"),
  hasSeveral: true,
  reports: ["messages.name", "logit_bias"],
});

describeConformance("a log", {
  open: async () => {
    const usage = { prompt_tokens: 4, completion_tokens: 1, total_tokens: 5 };
    const several = { ...question, arguments: { ...question.arguments, n: 3 } };
    const lines = [
      { ...question, texts: ["there"], usage },
      { ...several, texts: ["a", "b", "c"], usage },
      { ...oddQuestion, texts: ["more"], usage },
    ];
    const text = lines.map((line) => JSON.stringify(line)).join("\n");
    await writeFile(join(directory, "log.jsonl"), text);
    return open("replay:log.jsonl");
  },
  hasSeveral: true,
  reports: [],
});

describe.each(providers)("$name", ({ name, protocol, keyVariable, lacks }) => {
  let server: ProviderServer;
  let model: LanguageModel;
  let limits: RateLimits[];
  const access = (): Partial<LanguageModelOptions> => ({
    baseUrl: server.url,
    environment: { [keyVariable]: "a key" },
    onLimits: (told) => limits.push(told),
  });
  beforeEach(async () => {
    limits = [];
    server = await startProvider(protocol);
    model = await open(`${name}:a-model`, access());
  });
  afterEach(() => server?.close());

  const ask = (
    messages: ModelRequest["messages"],
    callArguments: ModelRequest["arguments"] = {},
    signal?: AbortSignal,
  ) => model.chat({ messages, arguments: callArguments, signal });
  const user = (content: string) => ({ role: "user", content });

  test("a system message and several turns arrive as such", async () => {
    const messages = [
      { role: "system", content: "Be brief." },
      user("Hello"),
      { role: "assistant", content: "Hello!" },
      user("Who are you?"),
    ];
    const answer = await ask(messages);
    expect(server.problems).toEqual([]);
    expect(answer).toEqual({
      texts: ["An answer."],
      finishReasons: ["stop"],
      toolCalls: [[]],
      usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 },
      model: expect.stringMatching(/^a-model/),
      unsupported: [],
    });
    const turn = (role: string, text: string) => ({ role, text, images: [], calls: [] });
    expect(server.heard).toEqual([
      expect.objectContaining({
        ...{ model: "a-model", system: "Be brief." },
        turns: [turn("user", "Hello"), turn("assistant", "Hello!"), turn("user", "Who are you?")],
      }),
    ]);
  });

  test("an image arrives among the texts", async () => {
    const url = `data:image/png;base64,${redSquare}`;
    const content = [
      { type: "text", text: "What is " },
      { type: "image_url", image_url: { url } },
      { type: "text", text: "this?" },
    ];
    await ask([{ role: "user", content }]);
    expect(server.problems).toEqual([]);
    const [{ turns }] = server.heard as [(typeof server.heard)[number]];
    expect(turns).toEqual([
      { role: "user", text: "What is this?", images: [redSquare], calls: [] },
    ]);
  });

  test("arguments arrive, or are named", async () => {
    const callArguments = {
      ...{ temperature: 0.5, max_tokens: 7, stop: ["\n", "END"], seed: 3, n: 2 },
      ...{ response_format: { type: "json_object" }, logit_bias: { 5: 1 } },
    };
    const { unsupported } = await ask([{ ...user("Hello"), name: "Ann" }], callArguments);
    expect(server.problems).toEqual([]);
    expect(unsupported.toSorted()).toEqual(lacks.toSorted());
    const has = (field: string) => !lacks.includes(field);
    const expected = {
      ...{ temperature: 0.5, maxTokens: 7, stop: ["\n", "END"] },
      ...{ seed: has("seed") ? 3 : undefined, n: has("n") ? 2 : undefined },
      json: has("response_format") ? true : undefined,
    };
    const { settings } = server.heard[0]!;
    for (const [field, value] of Object.entries(expected)) {
      expect(settings[field as keyof typeof settings], field).toEqual(value);
    }
  });

  test("one string ends a text, and top_p arrives", async () => {
    await ask([user("Hello")], { stop: "END", top_p: 0.9, max_tokens: 1 });
    expect(server.problems).toEqual([]);
    expect(server.heard[0]!.settings).toMatchObject({ stop: ["END"], topP: 0.9 });
  });

  test("a tool is called, and its result goes back", async () => {
    const call = { id: "call_1", name: "weather", input: { place: "Rome" } };
    server.next({ ...defaultAnswer, texts: [""], finish: "tool_calls", call });
    const callArguments = { tools, tool_choice: "required" };
    const first = await ask([user("Rain in Rome?")], callArguments);
    expect(first).toMatchObject({ texts: [""], finishReasons: ["tool_calls"], unsupported: [] });
    expect(first.toolCalls).toEqual([
      [
        expect.objectContaining({
          ...{ id: "call_1", type: "function" },
          function: { name: "weather", arguments: '{"place":"Rome"}' },
        }),
      ],
    ]);
    expect(server.heard[0]!.settings.tools).toEqual(["weather"]);
    const messages = [
      user("Rain in Rome?"),
      { role: "assistant", content: null, tool_calls: first.toolCalls[0] },
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
    ];
    const second = await ask(messages, { tools });
    expect(server.problems).toEqual([]);
    expect(second).toMatchObject({ texts: ["An answer."], unsupported: [] });
    expect(server.heard[1]!.turns.slice(1)).toEqual([
      {
        ...{ role: "assistant", text: "", images: [] },
        calls: [{ name: "weather", input: { place: "Rome" } }],
      },
      { role: "tool", text: "sunny", images: [], calls: [] },
    ]);
  });

  test.each<[Answered["finish"], string[]]>([
    ["length", ["Half an"]],
    ["content_filter", [""]],
    ["stop", [""]],
  ])("an answer that ends by %s may be empty", async (finish, texts) => {
    server.next({ ...defaultAnswer, texts, finish });
    const answer = await ask([user("Hello")]);
    expect(answer).toMatchObject({ texts, finishReasons: [finish], toolCalls: [[]] });
  });

  const failure = async (asked: Promise<unknown>) => {
    const error = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ProviderError);
    return error as ProviderError;
  };

  test.each([
    [400, false, "the question is bad", /change the messages or the arguments/],
    [401, false, "the key is wrong", new RegExp(`set ${keyVariable}`)],
    [404, false, "no such model", /check the model's name/],
    [408, true, "too slow", /try again/],
    [500, true, "an accident", /try again later/],
    [529, true, "overloaded", /try again later/],
  ])(
    "status %i says what to do and what the provider said",
    async (status, isRetryable, message, fix) => {
      server.next({ status, message });
      const { failure: found, message: text } = await failure(ask([user("Hello")]));
      expect(found).toMatchObject({ status, isRetryable });
      expect(text).toContain(
        `${name}:a-model at ${server.url}: expected an answer, got status ${status}`,
      );
      expect(text).toContain(message);
      expect(text).toMatch(fix);
      expect(server.requests).toHaveLength(1);
    },
  );

  test("status 429 says how long to wait, and is not tried again by itself", async () => {
    const headers = { "retry-after": "2" };
    server.next({ status: 429, message: "slow down", headers });
    const { failure: found, message } = await failure(ask([user("Hello")]));
    // Google's body says 7 s, which goes before the header
    const seconds = name === "google" ? 7 : 2;
    expect(found).toEqual({ status: 429, isRetryable: true, retryAfterMs: seconds * 1000 });
    expect(message).toContain(`try again in ${seconds} s, or with fewer requests at once`);
    expect(server.requests).toHaveLength(1);
  });

  test("limits are told, also with a failure", async () => {
    const headers = {
      ...{ "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59" },
      ...{ "x-ratelimit-reset-requests": "1s", "x-ratelimit-remaining-tokens": "149984" },
    };
    server.next(defaultAnswer, headers);
    await ask([user("Hello")]);
    server.next({ status: 500, message: "an accident", headers });
    await failure(ask([user("Hello")]));
    const told = {
      requests: { limit: 60, remaining: 59, resetMs: 1000 },
      tokens: { limit: undefined, remaining: 149984, resetMs: undefined },
    };
    expect(limits).toEqual([told, told]);
    await ask([user("Hello")]);
    expect(limits).toHaveLength(2);
  });

  test("a server that is not there is named", async () => {
    await server.close();
    const { failure: found, message } = await failure(ask([user("Hello")]));
    expect(found).toEqual({ isRetryable: true, isUnreachable: true });
    expect(message).toContain(`${name}:a-model at ${server.url}: cannot be reached`);
    expect(message).toContain("start the server, or give the base URL of one that runs");
  });

  test("an answer that breaks off can be asked for again", async () => {
    server.next("break");
    expect((await failure(ask([user("Hello")]))).failure).toEqual({
      ...{ isRetryable: true, isUnreachable: false },
    });
  });

  test("no answer in time can be asked for again", async () => {
    model = await open(`${name}:a-model`, { ...access(), timeoutMs: 50 });
    server.next("hang");
    const { failure: found, message } = await failure(ask([user("Hello")]));
    expect(found).toEqual({ isRetryable: true });
    expect(message).toContain("no answer within 0.05 s");
  });

  test("a signal ends a call with its reason", async () => {
    server.next("hang");
    const controller = new AbortController();
    const asked = ask([user("Hello")], {}, controller.signal);
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
  });

  test.each(["{}", "no JSON", "[]", "null"])("the answer %s is none", async (raw) => {
    server.next({ raw });
    const { failure: found, message } = await failure(ask([user("Hello")]));
    expect(found).toEqual({ status: 200, isRetryable: false });
    expect(message).toContain("expected a whole answer of the model");
  });

  test("a missing key is named, a server of one's own needs none", async () => {
    const opened = open(`${name}:a-model`);
    await expect(opened).rejects.toThrow(ConfigError);
    await expect(opened).rejects.toThrow(
      `in the environment variable ${keyVariable}, got none; set it`,
    );
    const local = await open(`${name}:a-model`, { baseUrl: server.url });
    await local.chat({ messages: [user("Hello")], arguments: {} }).catch(() => undefined);
    const { authorization } = server.requests[0]!.headers;
    expect(authorization).toBeUndefined();
  });

  test("a base URL that is none is refused", async () => {
    const opened = open(`${name}:a-model`, { ...access(), baseUrl: "localhost:80" });
    await expect(opened).rejects.toThrow("expected a base URL such as https://");
  });
});

for (const { name, protocol, keyVariable, lacks } of providers) {
  let server: ProviderServer;
  describeConformance(`${name}:a-model`, {
    open: async () => {
      server = await startProvider({
        ...protocol,
        answer: (answered, heard) =>
          protocol.answer(
            { ...answered, texts: Array.from({ length: heard.settings.n ?? 1 }, () => "a text") },
            heard,
          ),
      });
      const model = await open(`${name}:a-model`, {
        ...{ baseUrl: server.url, environment: { [keyVariable]: "a key" } },
      });
      return { ...model, close: () => server.close() };
    },
    hasSeveral: !lacks.includes("n"),
    reports: lacks.filter((field) => ["logit_bias", "messages.name"].includes(field)),
  });
}
