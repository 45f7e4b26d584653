import { z } from "zod";
import type { HeardTurn, WireProtocol } from "./provider-server.fixture.ts";

const text = z.strictObject({ type: z.literal("text"), text: z.string().min(1) });
const block = z.discriminatedUnion("type", [
  text,
  z.strictObject({
    type: z.literal("image"),
    source: z.strictObject({
      ...{ type: z.literal("base64"), media_type: z.literal("image/png"), data: z.string() },
    }),
  }),
  z.strictObject({
    ...{ type: z.literal("tool_use"), id: z.string(), name: z.string() },
    input: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({
    ...{ type: z.literal("tool_result"), tool_use_id: z.string() },
    content: z.union([z.string(), z.array(text)]),
    is_error: z.boolean().optional(),
  }),
]);

/** @see https://docs.anthropic.com/en/api/messages */
const body = z.strictObject({
  model: z.string(),
  max_tokens: z.number().int().positive(),
  messages: z
    .array(z.strictObject({ role: z.enum(["user", "assistant"]), content: z.array(block).min(1) }))
    .min(1),
  system: z.array(text).optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().optional(),
  top_k: z.number().optional(),
  stop_sequences: z.array(z.string()).optional(),
  tools: z
    .array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        input_schema: z.looseObject({ type: z.literal("object") }),
      }),
    )
    .optional(),
  tool_choice: z.strictObject({ type: z.enum(["auto", "any", "none"]) }).optional(),
});

type Block = z.infer<typeof block>;

const stopReasons = {
  ...{ stop: "end_turn", length: "max_tokens", tool_calls: "tool_use", content_filter: "refusal" },
} as const;

const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  429: "rate_limit_error",
};

/** The messages of Anthropic. */
export const anthropicProtocol: WireProtocol = {
  basePath: "/v1",
  hear: ({ path, headers, body: content }) => {
    if (path !== "POST /v1/messages") throw new Error(`no such path: ${path}`);
    if (headers["x-api-key"] !== "a key") throw new Error("no key");
    if (headers["anthropic-version"] !== "2023-06-01") throw new Error("no version");
    const read = body.parse(content);
    const roles = read.messages.map(({ role }) => role);
    if (roles.some((role, i) => role !== (i % 2 === 0 ? "user" : "assistant"))) {
      throw new Error(`roles do not alternate: ${roles}`);
    }
    return {
      model: read.model,
      system: (read.system ?? []).map((each) => each.text).join("\n"),
      turns: read.messages.map(({ role, content: blocks }) => turnOf(role, blocks)),
      settings: {
        ...{ temperature: read.temperature, topP: read.top_p, maxTokens: read.max_tokens },
        stop: read.stop_sequences,
        tools: read.tools?.map(({ name }) => name),
      },
    };
  },
  answer: ({ texts, finish, call, usage }, { model }) => ({
    ...{ id: "msg_1", type: "message", role: "assistant" },
    model: `${model}-2026-01-01`,
    content: [
      ...texts.filter((each) => each !== "").map((each) => ({ type: "text", text: each })),
      ...(call ? [{ type: "tool_use", ...call }] : []),
    ],
    ...{ stop_reason: stopReasons[finish], stop_sequence: null },
    usage: { input_tokens: usage.prompt, output_tokens: usage.completion },
  }),
  refuse: ({ status, message }) => ({
    type: "error",
    error: { type: errorTypes[status] ?? "api_error", message },
    request_id: "req_1",
  }),
};

function turnOf(role: "user" | "assistant", blocks: readonly Block[]): HeardTurn {
  const results = blocks.filter((each) => each.type === "tool_result");
  return {
    role: results.length > 0 ? "tool" : role,
    text: blocks
      .map((each) => {
        if (each.type === "text") return each.text;
        if (each.type !== "tool_result") return "";
        return typeof each.content === "string"
          ? each.content
          : each.content.map((inner) => inner.text).join("");
      })
      .join(""),
    images: blocks.flatMap((each) => (each.type === "image" ? [each.source.data] : [])),
    calls: blocks.flatMap((each) =>
      each.type === "tool_use" ? [{ name: each.name, input: each.input }] : [],
    ),
  };
}
