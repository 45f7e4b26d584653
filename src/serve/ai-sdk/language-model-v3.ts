import {
  InvalidPromptError,
  type LanguageModelV3,
  type LanguageModelV3CallOptions,
  type LanguageModelV3FinishReason,
  type LanguageModelV3GenerateResult,
  type LanguageModelV3StreamPart,
  type LanguageModelV3StreamResult,
  type LanguageModelV3Usage,
  type SharedV3Warning,
} from "@ai-sdk/provider";
import { ForetokenError } from "../../errors.ts";
import type { ModelAnswer, ModelRequest } from "../../language-model/language-model.ts";
import { answerStream } from "./answer-stream.ts";
import type { LazyModel, ModelCall } from "./lazy-model.ts";
import { readMessages } from "./read-messages.ts";
import { readSettings } from "./read-settings.ts";

/**
 * A model of this machine in the AI SDK's contract. What is left out of a call is as
 * `localLanguageModel` says: the likeliest tokens, as many as the context has left.
 *
 * @see https://github.com/vercel/ai/tree/main/packages/provider/src/language-model/v3
 */
export function languageModelV3(modelId: string, lazy: LazyModel): LanguageModelV3 {
  return {
    specificationVersion: "v3",
    provider: "foretoken",
    modelId,
    supportedUrls: {}, // so that the AI SDK fetches what is on the web
    doGenerate: (options) => generate(modelId, lazy, options),
    doStream: (options) => stream(modelId, lazy, options),
  };
}

async function generate(
  modelId: string,
  lazy: LazyModel,
  options: LanguageModelV3CallOptions,
): Promise<LanguageModelV3GenerateResult> {
  const { request, warnings } = readCall(options);
  const call = await lazy.begin(options.abortSignal);
  try {
    const answer = await call.model.chat({ ...request, signal: call.signal });
    const [text] = answer.texts;
    return {
      content: text === "" ? [] : [{ type: "text", text: text! }],
      ...endOf(answer),
      response: { modelId, timestamp: new Date() },
      warnings: [...warnings],
    };
  } catch (error) {
    throw promptError(error, { call, options });
  } finally {
    call.end();
  }
}

async function stream(
  modelId: string,
  lazy: LazyModel,
  options: LanguageModelV3CallOptions,
): Promise<LanguageModelV3StreamResult> {
  const { request, warnings } = readCall(options);
  const call = await lazy.begin(options.abortSignal);
  try {
    const pieces = call.model.stream({ ...request, signal: call.signal });
    const first = await pieces.next(); // a prompt that cannot be read fails here
    const start: LanguageModelV3StreamPart[] = [
      { type: "stream-start", warnings: [...warnings] },
      { type: "response-metadata", modelId, timestamp: new Date() },
    ];
    return { stream: answerStream({ call, start, first, pieces, endOf }) };
  } catch (error) {
    call.end();
    throw promptError(error, { call, options });
  }
}

function readCall(options: LanguageModelV3CallOptions): {
  readonly request: ModelRequest;
  readonly warnings: readonly SharedV3Warning[];
} {
  const { messages, warnings } = readMessages(options.prompt);
  const { callArguments, warnings: more } = readSettings(options);
  return { request: { messages, arguments: callArguments }, warnings: [...more, ...warnings] };
}

/** How an answer ended and what it took. */
function endOf({ finishReasons, usage }: ModelAnswer): {
  readonly finishReason: LanguageModelV3FinishReason;
  readonly usage: LanguageModelV3Usage;
} {
  const [raw] = finishReasons as ["stop" | "length"];
  const { prompt_tokens: read, completion_tokens: written } = usage!;
  return {
    finishReason: { unified: raw, raw },
    usage: {
      inputTokens: { total: read, noCache: read, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: written, text: written, reasoning: 0 },
    },
  };
}

/** Settings were read before: what a model of ours refuses deliberately is the prompt. */
function promptError(
  error: unknown,
  { call, options }: { readonly call: ModelCall; readonly options: LanguageModelV3CallOptions },
): unknown {
  if (call.signal.aborted || !(error instanceof ForetokenError)) return error;
  const { prompt } = options;
  return new InvalidPromptError({ prompt, message: error.message, cause: error });
}
