import { z } from "zod";
import type { HeardTurn, WireProtocol } from "./provider-server.fixture.ts";

const part = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({
    inlineData: z.strictObject({ mimeType: z.literal("image/png"), data: z.string() }),
  }),
  z.strictObject({
    functionCall: z.strictObject({
      ...{ id: z.string().optional(), name: z.string() },
      args: z.record(z.string(), z.unknown()),
    }),
    thoughtSignature: z.string().optional(),
  }),
  z.strictObject({
    functionResponse: z.strictObject({
      ...{ id: z.string().optional(), name: z.string() },
      response: z.record(z.string(), z.unknown()),
    }),
  }),
]);

/** @see https://ai.google.dev/api/generate-content */
const body = z.strictObject({
  contents: z
    .array(z.strictObject({ role: z.enum(["user", "model"]), parts: z.array(part).min(1) }))
    .min(1),
  systemInstruction: z
    .strictObject({ parts: z.array(z.strictObject({ text: z.string() })) })
    .optional(),
  generationConfig: z
    .strictObject({
      temperature: z.number().optional(),
      topP: z.number().optional(),
      topK: z.number().optional(),
      maxOutputTokens: z.number().optional(),
      stopSequences: z.array(z.string()).max(5).optional(),
      seed: z.number().int().optional(),
      responseMimeType: z.literal("application/json").optional(),
    })
    .optional(),
  tools: z
    .array(z.strictObject({ functionDeclarations: z.array(z.looseObject({ name: z.string() })) }))
    .optional(),
  toolConfig: z.unknown().optional(),
});

type Part = z.infer<typeof part>;

const finishReasons = {
  ...{ stop: "STOP", length: "MAX_TOKENS", tool_calls: "STOP", content_filter: "SAFETY" },
} as const;

/** The generateContent of Google. */
export const googleProtocol: WireProtocol = {
  basePath: "/v1beta",
  hear: ({ path, headers, body: content }) => {
    const [, model] = /^POST \/v1beta\/models\/([\w.-]+):generateContent$/.exec(path) ?? [];
    if (model === undefined) throw new Error(`no such path: ${path}`);
    if (headers["x-goog-api-key"] !== "a key") throw new Error("no key");
    const read = body.parse(content);
    const settings = read.generationConfig ?? {};
    return {
      model,
      system: (read.systemInstruction?.parts ?? []).map((each) => each.text).join("\n"),
      turns: read.contents.map(({ role, parts }) => turnOf(role, parts)),
      settings: {
        ...{ temperature: settings.temperature, topP: settings.topP, seed: settings.seed },
        ...{ maxTokens: settings.maxOutputTokens, stop: settings.stopSequences },
        tools: read.tools?.flatMap((tool) => tool.functionDeclarations.map(({ name }) => name)),
        json: settings.responseMimeType && settings.responseMimeType === "application/json",
      },
    };
  },
  answer: ({ texts, finish, call, usage }, { model }) => {
    const parts = [
      ...texts.filter((text) => text !== "").map((text) => ({ text })),
      ...(call
        ? [
            {
              functionCall: { id: call.id, name: call.name, args: call.input },
              thoughtSignature: "c2lnbmVk",
            },
          ]
        : []),
    ];
    return {
      candidates: [
        {
          ...(parts.length > 0 && { content: { role: "model", parts } }),
          ...{ finishReason: finishReasons[finish], index: 0 },
        },
      ],
      usageMetadata: {
        promptTokenCount: usage.prompt,
        candidatesTokenCount: usage.completion,
        totalTokenCount: usage.prompt + usage.completion,
      },
      modelVersion: `${model}-2026-01-01`,
    };
  },
  refuse: ({ status, message }) => ({
    error: {
      ...{ code: status, message },
      status: status === 429 ? "RESOURCE_EXHAUSTED" : "SOME_STATUS",
      details:
        status === 429
          ? [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "7s" }]
          : [],
    },
  }),
};

function turnOf(role: "user" | "model", parts: readonly Part[]): HeardTurn {
  const results = parts.flatMap((each) =>
    "functionResponse" in each ? [each.functionResponse.response["content"]] : [],
  );
  const texts = parts.flatMap((each) => ("text" in each ? [each.text] : []));
  const plain = role === "model" ? "assistant" : "user";
  return {
    role: results.length > 0 ? "tool" : plain,
    text: [...texts, ...results].join(""),
    images: parts.flatMap((each) => ("inlineData" in each ? [each.inlineData.data] : [])),
    calls: parts.flatMap((each) =>
      "functionCall" in each
        ? [{ name: each.functionCall.name, input: each.functionCall.args }]
        : [],
    ),
  };
}
