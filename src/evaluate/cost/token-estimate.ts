import type { CallArguments, Message } from "../../language-model/language-model.ts";

/** Bytes of text that a token stands for, about, in English; other writings have fewer. */
const bytesPerToken = 4;

/** What a message takes beside its text: its role and its marks (OpenAI counts 3 or 4). */
const tokensPerMessage = 4;

/** An image of 1024 pixels at the sides: 85 and 4 tiles of 170 (OpenAI's guide to vision). */
const tokensPerImage = 765;

/** Tokens of a text by its bytes, for when no tokenizer is at hand: right to a factor of about two. */
export function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

/** Tokens of a conversation, tools included, estimated as `textTokens` does. */
export function promptTokens(messages: readonly Message[], callArguments: CallArguments): number {
  const { tools, response_format: format } = callArguments;
  const said = messages.reduce((sum, message) => sum + messageTokens(message), 0);
  const beside = [tools, format].filter((one) => one !== undefined);
  return beside.reduce<number>((sum, one) => sum + textTokens(JSON.stringify(one)), said);
}

function messageTokens({ content }: Message): number {
  if (typeof content === "string") return tokensPerMessage + textTokens(content);
  const parts = content ?? [];
  return parts.reduce((sum, { type, text }) => {
    return sum + (type === "text" ? textTokens(String(text ?? "")) : tokensPerImage);
  }, tokensPerMessage);
}

/** Most tokens that a call may be answered with, all its choices together; undefined: no bound. */
export function mostAnswerTokens(callArguments: CallArguments): number | undefined {
  const { max_completion_tokens, max_tokens, n } = callArguments;
  const most = max_completion_tokens ?? max_tokens;
  return typeof most === "number" ? most * (typeof n === "number" ? n : 1) : undefined;
}
