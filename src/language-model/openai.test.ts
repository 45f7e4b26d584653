import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigError, type ProviderError } from "../errors.ts";
import { openOpenAi } from "./openai.ts";

let server: Server;
let baseUrl: string;
let bodies: string[];
let headers: IncomingHttpHeaders[];
/** What the server answers. */
let answer: { status?: number; headers?: Record<string, string>; content: unknown };

beforeEach(async () => {
  bodies = [];
  headers = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks).toString());
    headers.push(request.headers);
    response.writeHead(answer.status ?? 200, {
      "content-type": "application/json",
      ...answer.headers,
    });
    response.end(JSON.stringify(answer.content));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const open = (environment: Readonly<Record<string, string>> = {}) =>
  openOpenAi("a/model:1", { baseUrl, environment });
const messages = [{ role: "user", content: "Hello" }];
const choice = (message: object, more: object = {}) => ({
  message,
  finish_reason: "stop",
  ...more,
});

test("messages and arguments go untouched, and nothing is added", async () => {
  answer = { content: { choices: [choice({ content: "Hi" })] } };
  const asked = [
    { role: "system", content: "2+2", name: "example_user" },
    { role: "robot", content: [{ type: "video", url: "x" }], weight: 0, field: null },
  ];
  const callArguments = { temperature: 0, n: 1, stop: null, made_up: { a: [1] }, stream: false };
  const model = await open({ OPENAI_API_KEY: "a key", OPENAI_ORG_ID: "x" });
  const {
    unsupported,
    usage,
    model: answered,
  } = await model.chat({
    ...{ messages: asked, arguments: callArguments },
  });
  expect(bodies).toEqual([
    JSON.stringify({ model: "a/model:1", messages: asked, ...callArguments }),
  ]);
  expect(headers[0]).toMatchObject({ authorization: "Bearer a key" });
  expect({ unsupported, usage, answered }).toEqual({
    ...{ unsupported: [], usage: undefined, answered: "a/model:1" },
  });
});

test("choices are in their order; a refusal is a text, and so are the parts of one", async () => {
  const parts = [
    { type: "thinking", thinking: "hm" },
    { type: "text", text: "a" },
    { type: "text", text: "b" },
  ];
  const choices = [
    choice({ content: null, refusal: "No." }, { index: 1, finish_reason: null }),
    choice({ content: parts }, { index: 0 }),
    choice({}, { index: 2, finish_reason: "length" }),
  ];
  answer = { content: { choices, usage: { prompt_tokens: 4 } } };
  const found = await (await open()).chat({ messages, arguments: { n: 3 } });
  expect(found.texts).toEqual(["ab", "No.", ""]);
  expect(found.finishReasons).toEqual(["stop", null, "length"]);
  expect(found.usage).toEqual({ prompt_tokens: 4, completion_tokens: 0, total_tokens: 4 });
  const prompt_tokens_details = { cached_tokens: 3, audio_tokens: 0 };
  answer = { content: { choices, usage: { prompt_tokens: 4, prompt_tokens_details } } };
  const { usage } = await (await open()).chat({ messages, arguments: {} });
  expect(usage!.prompt_tokens_details).toEqual({ cached_tokens: 3 });
});

const failed = async () => {
  const model = await open();
  return model.chat({ messages, arguments: {} }).catch((error: ProviderError) => error.failure);
};

test("a failure behind a gateway is one, whatever the status says", async () => {
  answer = { content: { error: { message: "overloaded", code: 502 } } };
  expect(await failed()).toMatchObject({ status: 502, isRetryable: true });
  answer = { content: { error: { message: "no", code: "not_so" } } };
  expect(await failed()).toMatchObject({ status: 200, isRetryable: false });
});

test("what waiting does not mend is not to be tried again", async () => {
  const error = { message: "no credit", type: "insufficient_quota", code: "insufficient_quota" };
  answer = { status: 429, headers: { "retry-after": "1" }, content: { error } };
  expect(await failed()).toMatchObject({ status: 429, isRetryable: false });
  const model = await open();
  await expect(model.chat({ messages, arguments: {} })).rejects.toThrow("add some");
  answer = { status: 500, headers: { "x-should-retry": "false" }, content: {} };
  expect(await failed()).toMatchObject({ status: 500, isRetryable: false });
});

test("resets of limits are waited for after a refusal for a limit only", async () => {
  const headers = { "x-ratelimit-remaining-requests": "59", "x-ratelimit-reset-requests": "9s" };
  answer = { status: 500, headers, content: {} };
  expect(await failed()).toMatchObject({ isRetryable: true, retryAfterMs: undefined });
  answer = { status: 429, headers, content: {} };
  expect(await failed()).toMatchObject({ isRetryable: true, retryAfterMs: 9000 });
});

test("a stream is refused before anything is asked", async () => {
  const asked = (await open()).chat({ messages, arguments: { stream: true } });
  await expect(asked).rejects.toThrow(ConfigError);
  expect(bodies).toEqual([]);
});

test("the base URL may come from the environment", async () => {
  answer = { content: { choices: [choice({ content: "Hi" })] } };
  const model = await openOpenAi("m", { environment: { OPENAI_BASE_URL: `${baseUrl}/` } });
  expect((await model.chat({ messages, arguments: {} })).texts).toEqual(["Hi"]);
  expect(headers[0]!.authorization).toBeUndefined();
});

test.each([
  ["http://localhost:1/v1", true],
  ["http://172.20.0.1/v1", true],
  ["http://[::1]:8000/v1", true],
  ["http://vllm:8000/v1", true],
  ["https://api.openai.com/v1", false],
  ["https://10.example.com/v1", false],
  ["http://172.40.0.1/v1", false],
])("%s needs no key: %s", async (url, needsNone) => {
  const opened = openOpenAi("m", { baseUrl: url, environment: {} });
  if (needsNone) await opened;
  else await expect(opened).rejects.toThrow("OPENAI_API_KEY, got none");
});

test("a text to be gone on with goes to /completions as it is", async () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  const choices = [
    { index: 1, text: " two", finish_reason: "length" },
    { index: 0, text: " one", finish_reason: "stop" },
  ];
  answer = { content: { model: "base", choices, usage } };
  const model = await open();
  const given = { prompt: "Count:", arguments: { n: 2, max_tokens: 2, stop: ["\n"] } };
  expect(await model.complete!(given)).toEqual({
    ...{ texts: [" one", " two"], finishReasons: ["stop", "length"], toolCalls: [[], []] },
    ...{ usage, model: "base", unsupported: [] },
  });
  expect(JSON.parse(bodies[0]!)).toEqual({
    ...{ model: "a/model:1", prompt: "Count:", n: 2, max_tokens: 2, stop: ["\n"] },
  });
  const images = ["data:image/png;base64,"];
  await expect(model.complete!({ ...given, images })).rejects.toThrow(/without images/);
  answer = { content: { choices: [{ message: { content: "no text" } }] } };
  await expect(model.complete!(given)).rejects.toThrow(/no completion/);
});
