import type { Message, ScoreRequest, TokenUsage } from "../../language-model/language-model.ts";
import type { CallRecord } from "../log/sample-record.ts";
import { promptTokens, textTokens } from "./token-estimate.ts";

/** Tokens that a call took. */
export interface CallTokens {
  readonly promptTokens: number;
  /** Those of the prompt that the provider had in its own cache. */
  readonly cachedTokens: number;
  readonly answerTokens: number;
  /** Whether they are estimated, because the provider told none. */
  readonly isEstimated: boolean;
}

/** The tokens of a call: as the provider counted them, else estimated from its texts. */
export function callTokens(
  call: Pick<CallRecord, "messages" | "arguments" | "texts" | "usage" | "likelihoods">,
): CallTokens {
  const { messages, arguments: given, texts, usage, likelihoods } = call;
  if (usage !== undefined) return usageTokens(usage);
  if (likelihoods !== undefined) return likelihoodTokens(messages, texts);
  const answerTokens = texts.reduce((sum, text) => sum + textTokens(text), 0);
  const tokens = promptTokens(messages, given);
  return { promptTokens: tokens, cachedTokens: 0, answerTokens, isEstimated: true };
}

/** The tokens of a call whose provider counted them. */
export function usageTokens(usage: TokenUsage): CallTokens {
  return {
    promptTokens: usage.prompt_tokens,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    answerTokens: usage.completion_tokens,
    isEstimated: false,
  };
}

/** The prompt is read again for each text whose likelihood is asked; a token is written for each. */
export function likelihoodTokens(
  messages: readonly Message[],
  continuations: readonly string[],
): CallTokens {
  const prompt = promptTokens(messages, {});
  const tokens = continuations.reduce((sum, text) => sum + prompt + textTokens(text), 0);
  return {
    ...{ promptTokens: tokens, cachedTokens: 0, answerTokens: continuations.length },
    isEstimated: true,
  };
}

/** Estimated tokens of a request for likelihoods. */
export function scoreTokens({ prompt, continuations }: ScoreRequest): CallTokens {
  const messages = typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt;
  return likelihoodTokens(messages, continuations);
}
