import { createRequire } from "node:module";
import type { OpenAI } from "openai";
import { z } from "zod";
import { ConfigError, type ProviderError } from "../errors.ts";
import { withDeadline } from "./deadline.ts";
import type {
  CallArguments,
  CompletionRequest,
  LanguageModel,
  ModelAnswer,
  ModelRequest,
} from "./language-model.ts";
import { openAiScore } from "./openai-score.ts";
import { answeredFailure, connectionFailure, unreadableAnswer } from "./provider-failure.ts";
import { type ProviderOptions, type ReadyProvider, readyProvider } from "./provider-options.ts";
import { rateLimits } from "./rate-limits.ts";

/** A server that is asked in OpenAI's words. */
export interface OpenAiServer {
  readonly provider: ReadyProvider;
  /** What the server calls the model. */
  readonly model: string;
  /**
   * Posts a body, as it is.
   *
   * @param path - behind the base URL, such as `/chat/completions`
   * @returns the content of the answer
   * @throws {ProviderError} when the server refuses or cannot be reached
   */
  post(path: string, body: object, signal: AbortSignal | undefined): Promise<unknown>;
}

/**
 * A model of OpenAI or of any server that speaks its language. Messages and arguments go to
 * `/chat/completions` untouched, texts to be gone on with to `/completions`; nothing is added to
 * them, and nothing is tried again.
 *
 * `score` asks `/completions` for the log-probabilities of the prompt, which few servers give;
 * whether this one does is tried out at the first call.
 *
 * @param model - what the server calls it, such as `gpt-4o`
 * @throws {ConfigError} when the key is missing or the base URL is none
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export async function openOpenAi(
  model: string,
  options: ProviderOptions = {},
): Promise<LanguageModel> {
  const name = `openai:${model}`;
  const provider = readyProvider(
    {
      ...{ name, keyVariable: "OPENAI_API_KEY", urlVariable: "OPENAI_BASE_URL" },
      defaultUrl: "https://api.openai.com/v1",
    },
    options,
  );
  const server = await openServer(model, provider);
  return {
    name,
    concurrency: provider.concurrency,
    chat: (request) => chat(server, request),
    complete: (request) => complete(server, request),
    score: openAiScore(server),
    close: async () => undefined,
  };
}

/**
 * The client as CommonJS: in a checkout each of its 150 files would pass the loader of TypeScript,
 * which takes a third of a second.
 */
function loadClient(): typeof import("openai") {
  return createRequire(import.meta.url)("openai");
}

async function openServer(model: string, provider: ReadyProvider): Promise<OpenAiServer> {
  const { OpenAI } = loadClient();
  const client = new OpenAI({
    ...{ baseURL: provider.baseUrl, maxRetries: 0, logLevel: "off" },
    // the client wants a key, and without one no header is to be sent
    ...{ apiKey: provider.key ?? "none", adminAPIKey: null },
    ...(provider.key === undefined && { defaultHeaders: { Authorization: null } }),
    timeout: longestTimer, // ours holds, which counts the reading of the answer too
  });
  const { timeoutMs } = provider;
  return {
    provider,
    model,
    post: (path, body, signal) =>
      withDeadline(provider, { timeoutMs, signal }, async (within) => {
        try {
          const asked = client.post<unknown>(path, { body, signal: within });
          const { data, response } = await asked.withResponse();
          tellLimits(provider, response.headers);
          return data;
        } catch (error) {
          throw failure(provider, error, OpenAI);
        }
      }),
  };
}

const longestTimer = 2 ** 31 - 1;

function tellLimits({ onLimits }: ReadyProvider, headers: Headers | undefined): void {
  const limits = headers && rateLimits((name) => headers.get(name), Date.now());
  if (limits !== undefined) onLimits?.(limits);
}

function failure(provider: ReadyProvider, error: unknown, client: typeof OpenAI): unknown {
  if (error instanceof client.APIConnectionError) return connectionFailure(provider, error);
  if (error instanceof client.APIError && error.status !== undefined) {
    const headers: Headers | undefined = error.headers;
    tellLimits(provider, headers);
    return answeredFailure(
      provider,
      {
        ...{ status: error.status, header: (name) => headers?.get(name) },
        // the client puts the status before what the server says
        detail: error.message.replace(/^\d{3} /, ""),
        kind: error.code ?? error.type,
      },
      { cause: error },
    );
  }
  if (error instanceof SyntaxError) {
    return unreadableAnswer(provider, `no JSON (${error.message})`, { cause: error });
  }
  // what fetch throws when the connection breaks while the answer is read
  return error instanceof TypeError ? connectionFailure(provider, error) : error;
}

/** What choices of both kinds of answers have. */
const choice = z.object({ index: z.number().optional(), finish_reason: z.string().nullish() });

const answerFields = {
  model: z.string().optional(),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number().optional(),
      total_tokens: z.number().optional(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
};

const chatMessage = z.object({
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(z.unknown()).nullish(),
});

const chatCompletion = z.object({
  ...answerFields,
  choices: z.array(choice.extend({ message: chatMessage })).min(1),
});

const textCompletion = z.object({
  ...answerFields,
  choices: z.array(choice.extend({ text: z.string() })).min(1),
});

/** What gateways answer with status 200 when the model behind them failed. */
const hiddenFailure = z.object({
  error: z.object({
    message: z.string(),
    code: z.union([z.string(), z.number()]).nullish(),
  }),
});

async function chat(server: OpenAiServer, request: ModelRequest): Promise<ModelAnswer> {
  const { provider, model } = server;
  refuseStream(provider, request.arguments);
  const body = { model, messages: request.messages, ...request.arguments };
  const data = await server.post("/chat/completions", body, request.signal);
  const found = chatCompletion.safeParse(data);
  if (!found.success) throw noCompletion(provider, data);
  const choices = inOrder(found.data.choices);
  return {
    ...answerOf(server, { ...found.data, choices }),
    texts: choices.map(({ message }) => textOf(message)),
    toolCalls: choices.map(({ message }) => message.tool_calls ?? []),
  };
}

async function complete(server: OpenAiServer, request: CompletionRequest): Promise<ModelAnswer> {
  const { provider, model } = server;
  refuseStream(provider, request.arguments);
  if (request.images !== undefined && request.images.length > 0) {
    throw new ConfigError(
      `${provider.name}: expected a text without images, because /completions carries none; ask a model of yours`,
    );
  }
  const body = { model, prompt: request.prompt, ...request.arguments };
  const data = await server.post("/completions", body, request.signal);
  const found = textCompletion.safeParse(data);
  if (!found.success) throw noCompletion(provider, data);
  const choices = inOrder(found.data.choices);
  return {
    ...answerOf(server, { ...found.data, choices }),
    texts: choices.map(({ text }) => text),
    toolCalls: choices.map(() => []),
  };
}

function refuseStream({ name }: ReadyProvider, callArguments: CallArguments): void {
  if (callArguments["stream"] !== true) return;
  throw new ConfigError(
    `${name}: expected arguments of a call that is answered at once, got stream: true; leave it out`,
  );
}

type Choice = z.infer<typeof choice>;

function inOrder<Kind extends Choice>(choices: readonly Kind[]): Kind[] {
  return choices.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0));
}

function answerOf(
  { model }: OpenAiServer,
  data: { readonly choices: readonly Choice[] } & Pick<
    z.infer<typeof chatCompletion>,
    "model" | "usage"
  >,
) {
  return {
    finishReasons: data.choices.map((one) => one.finish_reason ?? null),
    usage: usageOf(data.usage),
    model: data.model ?? model,
    unsupported: [],
  };
}

/** A refusal is what the model says, too; parts other than text, such as thoughts, are not. */
function textOf({ content, refusal }: z.infer<typeof chatMessage>): string {
  if (!Array.isArray(content)) return content ?? refusal ?? "";
  return content.map((part) => (part.type === "text" ? String(part["text"] ?? "") : "")).join("");
}

function usageOf(usage: z.infer<typeof chatCompletion>["usage"]): ModelAnswer["usage"] {
  if (usage == null) return undefined;
  const { prompt_tokens, completion_tokens = 0 } = usage;
  const total_tokens = usage.total_tokens ?? prompt_tokens + completion_tokens;
  const cached_tokens = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    ...{ prompt_tokens, completion_tokens, total_tokens },
    ...(cached_tokens > 0 && { prompt_tokens_details: { cached_tokens } }),
  };
}

function noCompletion(provider: ReadyProvider, data: unknown): ProviderError {
  const hidden = hiddenFailure.safeParse(data);
  if (!hidden.success) {
    return unreadableAnswer(provider, `no completion: ${JSON.stringify(data) ?? "nothing"}`);
  }
  const { message, code } = hidden.data.error;
  const status = Number(code);
  const isStatus = Number.isInteger(status) && status >= 400 && status < 600;
  return answeredFailure(provider, {
    ...{ status: isStatus ? status : 200, header: () => undefined, detail: message },
    kind: typeof code === "string" ? code : undefined,
  });
}
