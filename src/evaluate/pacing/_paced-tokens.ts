import { documentMessage } from "../../language-model/document-message.ts";
import type {
  CompletionRequest,
  ModelAnswer,
  ModelRequest,
  ScoreRequest,
} from "../../language-model/language-model.ts";
import { callTokens, scoreTokens } from "../cost/call-tokens.ts";

/** Tokens of prompt and answer of a call: as its answer tells, else estimated from its texts. */
export function answeredTokens(
  request: ModelRequest | CompletionRequest,
  { texts, usage }: ModelAnswer,
): number {
  if (usage !== undefined) return usage.total_tokens;
  const messages = "messages" in request ? request.messages : [documentMessage(request)];
  const found = callTokens({ messages, arguments: request.arguments, texts });
  return found.promptTokens + found.answerTokens;
}

/** Likewise of texts whose likelihood was asked. */
export function scoredTokens(request: ScoreRequest): number {
  const { promptTokens, answerTokens } = scoreTokens(request);
  return promptTokens + answerTokens;
}
