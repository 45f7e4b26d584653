import { describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { aiSdkSettings, warnedFields } from "./ai-sdk-arguments.ts";
import { aiSdkPrompt } from "./ai-sdk-prompt.ts";

const read = (...messages: Parameters<typeof aiSdkPrompt>[1]) => aiSdkPrompt("a:b", messages);
const text = (words: string) => [{ type: "text", text: words }];
const call = (id: string, more: object = {}) => ({
  ...{ id, type: "function", function: { name: `tool ${id}`, arguments: "" }, ...more },
});

describe("messages", () => {
  test("system messages stand at the beginning, and one that did not is named", () => {
    const user = { role: "user", content: "Hello" };
    const { prompt, unsupported } = read({ role: "system", content: "One." }, user, {
      role: "developer",
      content: text("Two.") as never,
    });
    expect(prompt).toEqual([
      { role: "system", content: "One." },
      { role: "system", content: "Two." },
      { role: "user", content: text("Hello") },
    ]);
    expect(unsupported).toEqual(["messages.role (system behind a turn)"]);
  });

  test("named examples are turns, and their names are named", () => {
    const { prompt, unsupported } = read(
      { role: "system", content: "2+2", name: "example_user" },
      { role: "system", content: "4", name: "example_assistant" },
    );
    expect(prompt).toEqual([
      { role: "user", content: text("2+2") },
      { role: "assistant", content: text("4") },
    ]);
    expect(unsupported).toEqual(["messages.name"]);
  });

  test("results that follow each other are one turn; a signature goes back", () => {
    const signed = { extra_content: { google: { thought_signature: "abc" } } };
    const { prompt } = read(
      { role: "assistant", content: null, tool_calls: [call("1", signed), call("2")] },
      { role: "tool", content: "a", tool_call_id: "1" },
      { role: "tool", content: text("b") as never, tool_call_id: "2" },
    );
    const result = (id: string, value: string) => ({
      ...{ type: "tool-result", toolCallId: id, toolName: `tool ${id}` },
      output: { type: "text", value },
    });
    const toolCall = (id: string) => ({
      ...{ type: "tool-call", toolCallId: id, toolName: `tool ${id}`, input: {} },
    });
    const providerOptions = { google: { thoughtSignature: "abc" } };
    expect(prompt).toEqual([
      { role: "assistant", content: [{ ...toolCall("1"), providerOptions }, toolCall("2")] },
      { role: "tool", content: [result("1", "a"), result("2", "b")] },
    ]);
  });

  test("images of data: URLs and of the web are files, other parts are named", () => {
    const image = (url: string, detail?: string) => ({
      ...{ type: "image_url", image_url: { url, detail } },
    });
    const { prompt, unsupported } = read({
      role: "user",
      content: [
        image("data:image/png;base64,AAAA"),
        image("https://example.com/a.png", "low"),
        { type: "input_audio", input_audio: {} },
      ],
    });
    expect(prompt).toEqual([
      {
        role: "user",
        content: [
          { type: "file", mediaType: "image/png", data: "AAAA" },
          { type: "file", mediaType: "image/*", data: new URL("https://example.com/a.png") },
        ],
      },
    ]);
    expect(unsupported).toEqual([
      ...["messages.content.image_url.detail", "messages.content.input_audio"],
    ]);
  });

  test.each([
    [{ role: "robot", content: "" }, "messages[0].role: expected system, developer, user"],
    [{ role: "tool", content: "", tool_call_id: "9" }, "the id of a call before it, got 9"],
    [
      { role: "user", content: [{ type: "image_url", image_url: { url: "a.png" } }] },
      "messages[0].content[0].image_url.url: expected a data: URL with base64, or an https: one, got a.png",
    ],
    [{ role: "assistant", content: null, tool_calls: [{}] }, "messages[0].tool_calls: expected"],
    [
      {
        ...{ role: "assistant", content: null },
        tool_calls: [{ ...call("1"), function: { name: "a", arguments: "{" } }],
      },
      "function.arguments: expected JSON, got {",
    ],
  ])("%j is refused", (message, problem) => {
    expect(() => read(message)).toThrow(ConfigError);
    expect(() => read(message)).toThrow(problem);
  });
});

describe("arguments", () => {
  const settings = (callArguments: Readonly<Record<string, unknown>>) =>
    aiSdkSettings("a:b", callArguments);

  test("are settings of the AI SDK, without those that ask for nothing", () => {
    const schema = { type: "object" };
    expect(
      settings({
        ...{ temperature: 0, max_tokens: 5, max_completion_tokens: 6, top_k: 3, seed: null },
        ...{
          frequency_penalty: 0,
          presence_penalty: 1,
          logprobs: false,
          parallel_tool_calls: true,
        },
        response_format: { type: "json_schema", json_schema: { name: "x", schema } },
        tool_choice: { type: "function", function: { name: "f" } },
      }),
    ).toEqual({
      settings: {
        ...{ temperature: 0, maxOutputTokens: 6, topK: 3, presencePenalty: 1 },
        responseFormat: { type: "json", name: "x", schema },
        toolChoice: { type: "tool", toolName: "f" },
      },
      unsupported: [],
    });
  });

  test("without a place there are named", () => {
    const { unsupported } = settings({
      ...{ n: 2, stream: true, user: "Ann", parallel_tool_calls: false, reasoning_effort: "low" },
      ...{ tools: [{ type: "web_search" }], tool_choice: { type: "allowed_tools" } },
    });
    expect(unsupported).toEqual([
      ...["n", "stream", "user", "parallel_tool_calls", "reasoning_effort"],
      ...["tools.web_search", "tool_choice"],
    ]);
  });

  test("of another type are refused", () => {
    expect(() => settings({ tools: [{}] })).toThrow(
      "a:b: the argument tools.0.type cannot be read",
    );
    expect(() => settings({ seed: 1.5 })).toThrow(ConfigError);
  });

  test("that the provider warns of have OpenAI's names", () => {
    expect(
      warnedFields([
        { type: "unsupported", feature: "topP" },
        { type: "unsupported", feature: "seed" },
        { type: "compatibility", feature: "maxOutputTokens" },
        { type: "other", message: "a tool is left out" },
      ]),
    ).toEqual(["top_p", "seed", "a tool is left out"]);
  });
});
