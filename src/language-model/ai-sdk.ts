import type { LanguageModelV3, LanguageModelV3GenerateResult } from "@ai-sdk/provider";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { parseJson } from "../workspace/parse-json.ts";
import { aiSdkSettings, warnedFields } from "./ai-sdk-arguments.ts";
import { aiSdkPrompt } from "./ai-sdk-prompt.ts";
import { withDeadline } from "./deadline.ts";
import type { LanguageModel, ModelAnswer, ModelRequest } from "./language-model.ts";
import { answeredFailure, connectionFailure, unreadableAnswer } from "./provider-failure.ts";
import { type ProviderOptions, type ReadyProvider, readyProvider } from "./provider-options.ts";
import { durationMs, rateLimits } from "./rate-limits.ts";

interface AiSdkProvider {
  readonly keyVariable: string;
  readonly urlVariable: string;
  readonly defaultUrl: string;
  open(model: string, settings: { apiKey: string; baseURL: string }): Promise<LanguageModelV3>;
}

/** The providers that are asked through the AI SDK. */
export const aiSdkProviders = {
  anthropic: {
    keyVariable: "ANTHROPIC_API_KEY",
    urlVariable: "ANTHROPIC_BASE_URL",
    defaultUrl: "https://api.anthropic.com/v1",
    open: async (model, settings) =>
      (await import("@ai-sdk/anthropic")).createAnthropic(settings)(model),
  },
  google: {
    keyVariable: "GOOGLE_GENERATIVE_AI_API_KEY",
    urlVariable: "GOOGLE_GENERATIVE_AI_BASE_URL",
    defaultUrl: "https://generativelanguage.googleapis.com/v1beta",
    open: async (model, settings) =>
      (await import("@ai-sdk/google")).createGoogleGenerativeAI(settings)(model),
  },
} as const satisfies Readonly<Record<string, AiSdkProvider>>;

/**
 * A model of a provider that speaks its own language, through the AI SDK. Messages and arguments
 * are translated; what the provider cannot carry is listed in the answer. Each request has one
 * answer, whatever `n`; nothing is tried again.
 *
 * @param model - what the provider calls it, such as `claude-sonnet-4-5`
 * @throws {ConfigError} when the key is missing or the base URL is none
 */
export async function openAiSdk(
  providerName: keyof typeof aiSdkProviders,
  model: string,
  options: ProviderOptions = {},
): Promise<LanguageModel> {
  const name = `${providerName}:${model}`;
  const { open, ...place }: AiSdkProvider = aiSdkProviders[providerName];
  const provider = readyProvider({ name, ...place }, options);
  const settings = { apiKey: provider.key ?? "none", baseURL: provider.baseUrl };
  const asked = await open(model, settings);
  return {
    name,
    concurrency: provider.concurrency,
    chat: (request) => chat(asked, provider, request),
    close: async () => undefined,
  };
}

async function chat(
  model: LanguageModelV3,
  provider: ReadyProvider,
  { messages, arguments: callArguments, signal }: ModelRequest,
): Promise<ModelAnswer> {
  const { settings, unsupported } = aiSdkSettings(provider.name, callArguments);
  const read = aiSdkPrompt(provider.name, messages);
  const { timeoutMs } = provider;
  const result = await withDeadline(provider, { timeoutMs, signal }, async (abortSignal) => {
    try {
      return await model.doGenerate({ ...settings, prompt: read.prompt, abortSignal });
    } catch (error) {
      throw await failure(provider, error);
    }
  });
  tellLimits(provider, result.response?.headers);
  const { unified, raw } = result.finishReason;
  if (result.content.length === 0 && unified === "other" && raw === undefined) {
    throw unreadableAnswer(provider, "neither a text nor why there is none");
  }
  return answerOf(model.modelId, result, [...unsupported, ...read.unsupported]);
}

function answerOf(
  modelId: string,
  { content, finishReason, usage, response, warnings }: LanguageModelV3GenerateResult,
  unsupported: readonly string[],
): ModelAnswer {
  const { unified, raw } = finishReason;
  const known = { "content-filter": "content_filter", "tool-calls": "tool_calls" } as const;
  const isOther = unified === "other" || unified === "error";
  const reason = isOther ? (raw ?? null) : (known[unified as keyof typeof known] ?? unified);
  const { inputTokens, outputTokens } = usage;
  const [prompt_tokens, completion_tokens] = [inputTokens.total, outputTokens.total ?? 0];
  const cached_tokens = inputTokens.cacheRead ?? 0;
  return {
    texts: [content.map((part) => (part.type === "text" ? part.text : "")).join("")],
    finishReasons: [reason],
    toolCalls: [content.flatMap((part) => (part.type === "tool-call" ? [toolCall(part)] : []))],
    usage:
      prompt_tokens === undefined
        ? undefined
        : {
            ...{ prompt_tokens, completion_tokens },
            total_tokens: prompt_tokens + completion_tokens,
            ...(cached_tokens > 0 && { prompt_tokens_details: { cached_tokens } }),
          },
    model: response?.modelId ?? modelId,
    unsupported: [...new Set([...unsupported, ...warnedFields(warnings)])],
  };
}

type Content = LanguageModelV3GenerateResult["content"][number];

/** A call in OpenAI's format; Google wants its signature back, which stands where Google puts it there. */
function toolCall(call: Extract<Content, { type: "tool-call" }>): unknown {
  const signature = call.providerMetadata?.["google"]?.["thoughtSignature"];
  return {
    ...{ id: call.toolCallId, type: "function" },
    function: { name: call.toolName, arguments: call.input },
    ...(signature != null && { extra_content: { google: { thought_signature: signature } } }),
  };
}

type AnsweredHeaders = Readonly<Record<string, string>> | undefined;

function tellLimits({ onLimits }: ReadyProvider, headers: AnsweredHeaders): void {
  const limits = rateLimits((name) => headers?.[name], Date.now());
  if (limits !== undefined) onLimits?.(limits);
}

async function failure(provider: ReadyProvider, error: unknown): Promise<unknown> {
  const { APICallError, LoadAPIKeyError, UnsupportedFunctionalityError } = await import(
    "@ai-sdk/provider"
  );
  if (UnsupportedFunctionalityError.isInstance(error) || LoadAPIKeyError.isInstance(error)) {
    return new ConfigError(`${provider.name}: ${error.message}; change the request`, {
      cause: error,
    });
  }
  if (!APICallError.isInstance(error)) return error;
  const { statusCode: status, responseHeaders } = error;
  tellLimits(provider, responseHeaders);
  if (status === undefined || (status < 300 && error.isRetryable)) {
    return connectionFailure(provider, error);
  }
  if (status < 300) return unreadableAnswer(provider, error.message, { cause: error });
  const body = failedBody(error.responseBody);
  return answeredFailure(
    provider,
    {
      ...{ status, header: (name) => responseHeaders?.[name] },
      detail: error.message || (error.responseBody ?? ""),
      ...{ kind: body.kind, retryAfterMs: body.retryAfterMs },
    },
    { cause: error },
  );
}

const googleFailure = z.object({
  error: z.object({
    type: z.string().optional(),
    status: z.string().optional(),
    details: z.array(z.looseObject({ retryDelay: z.string().optional() })).optional(),
  }),
});

/**
 * Google says in the body how long to wait.
 *
 * @see google.rpc.RetryInfo
 */
function failedBody(body: string | undefined): {
  readonly kind: string | undefined;
  readonly retryAfterMs: number | undefined;
} {
  const content = parseJson(body ?? ""); // a gateway's page is none
  const { error } = googleFailure.safeParse(content).data ?? {};
  const delay = error?.details?.find(({ retryDelay }) => retryDelay !== undefined)?.retryDelay;
  return { kind: error?.type ?? error?.status, retryAfterMs: durationMs(delay, Date.now()) };
}
