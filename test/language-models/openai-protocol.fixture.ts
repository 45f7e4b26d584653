import { z } from "zod";
import type { HeardTurn, WireProtocol } from "./provider-server.fixture.ts";

const part = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({
    type: z.literal("image_url"),
    image_url: z.strictObject({ url: z.string(), detail: z.string().optional() }),
  }),
]);

const message = z.discriminatedUnion("role", [
  z.strictObject({
    role: z.enum(["system", "developer", "user"]),
    name: z.string().optional(),
    content: z.union([z.string(), z.array(part)]),
  }),
  z.strictObject({
    role: z.literal("assistant"),
    content: z.string().nullable(),
    tool_calls: z
      .array(
        z.strictObject({
          ...{ id: z.string(), type: z.literal("function") },
          function: z.strictObject({ name: z.string(), arguments: z.string() }),
        }),
      )
      .optional(),
  }),
  z.strictObject({ role: z.literal("tool"), tool_call_id: z.string(), content: z.string() }),
]);

/** @see https://platform.openai.com/docs/api-reference/chat/create */
const body = z.strictObject({
  model: z.string(),
  messages: z.array(message).min(1),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().optional(),
  max_tokens: z.number().int().positive().optional(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  frequency_penalty: z.number().optional(),
  presence_penalty: z.number().optional(),
  seed: z.number().int().optional(),
  n: z.number().int().positive().optional(),
  response_format: z.strictObject({ type: z.enum(["text", "json_object"]) }).optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal("function"),
        function: z.looseObject({ name: z.string() }),
      }),
    )
    .optional(),
  tool_choice: z.unknown().optional(),
  logit_bias: z.record(z.string(), z.number()).optional(),
});

type Message = z.infer<typeof message>;

/** The chat completions of OpenAI. */
export const openAiProtocol: WireProtocol = {
  basePath: "/v1",
  hear: ({ path, headers, body: content }) => {
    if (path !== "POST /v1/chat/completions") throw new Error(`no such path: ${path}`);
    if (headers["content-type"] !== "application/json") throw new Error("not sent as JSON");
    const read = body.parse(content);
    const isSystem = ({ role }: Message) => role === "system" || role === "developer";
    return {
      model: read.model,
      system: read.messages.filter(isSystem).map(textOf).join("\n"),
      turns: read.messages.filter((each) => !isSystem(each)).map(turnOf),
      settings: {
        ...{ temperature: read.temperature, topP: read.top_p, maxTokens: read.max_tokens },
        stop: read.stop == null ? undefined : [read.stop].flat(),
        ...{ seed: read.seed, n: read.n },
        tools: read.tools?.map((tool) => tool.function.name),
        json: read.response_format && read.response_format.type === "json_object",
      },
    };
  },
  answer: ({ texts, finish, call, usage }, { model }) => ({
    ...{ id: "chatcmpl-1", object: "chat.completion", created: 1_764_000_000 },
    model: `${model}-2026-01-01`,
    choices: texts.map((text, index) => ({
      index,
      message: {
        role: "assistant",
        content: text === "" ? null : text,
        refusal: null,
        ...(call && {
          tool_calls: [
            {
              ...{ id: call.id, type: "function" },
              function: { name: call.name, arguments: JSON.stringify(call.input) },
            },
          ],
        }),
      },
      logprobs: null,
      finish_reason: finish,
    })),
    usage: {
      prompt_tokens: usage.prompt,
      completion_tokens: usage.completion,
      total_tokens: usage.prompt + usage.completion,
      prompt_tokens_details: { cached_tokens: 0 },
    },
  }),
  refuse: ({ message: text }) => ({
    error: { message: text, type: "some_error", param: null, code: null },
  }),
};

function textOf({ content }: Message): string {
  if (!Array.isArray(content)) return content ?? "";
  return content.map((each) => (each.type === "text" ? each.text : "")).join("");
}

function turnOf(each: Message): HeardTurn {
  const parts = Array.isArray(each.content) ? each.content : [];
  const urls = parts.flatMap((one) => (one.type === "image_url" ? [one.image_url.url] : []));
  const calls = each.role === "assistant" ? (each.tool_calls ?? []) : [];
  return {
    role: each.role as HeardTurn["role"],
    text: textOf(each),
    images: urls.map((url) => url.replace(/^data:image\/png;base64,/, "")),
    calls: calls.map(({ function: { name, arguments: input } }) => ({
      ...{ name, input: JSON.parse(input) as unknown },
    })),
  };
}
