import { encodeChat } from "../model/text/chat.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";

/** A part of a message in OpenAI's format; the URL is a `data:` URL or a path. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

/** A turn of a conversation that may hold images. */
export interface PromptMessage {
  /** `system`, `user`, `assistant` or `tool`. */
  readonly role: string;
  readonly content: string | readonly ContentPart[];
}

/**
 * A conversation as tokens, up to the opening of the assistant's turn; one `[IMG]` for each image.
 * Special tokens written in a message stay text, as in `encodeChat`.
 */
export function encodeChatPrompt(
  tokenizer: Tokenizer,
  messages: readonly PromptMessage[],
): number[] {
  const turns = messages.flatMap((message) => encodeTurn(tokenizer, message));
  return [...turns, ...encodeChat(tokenizer, [], { addGenerationPrompt: true })];
}

function encodeTurn(tokenizer: Tokenizer, { role, content }: PromptMessage): number[] {
  const { image, imEnd } = tokenizer.special;
  const [first, ...rest] = textsAroundImages(content);
  const turn = encodeChat(tokenizer, [{ role, content: first }]);
  const end = turn.lastIndexOf(imEnd);
  const later = rest.flatMap((text) => [image, ...tokenizer.encode(text)]);
  return [...turn.slice(0, end), ...later, ...turn.slice(end)];
}

/** The texts before, between and after the images. */
function textsAroundImages(content: PromptMessage["content"]): [string, ...string[]] {
  if (typeof content === "string") return [content];
  const texts: [string, ...string[]] = [""];
  for (const part of content) {
    if (part.type === "image_url") texts.push("");
    else texts[texts.length - 1] += part.text;
  }
  return texts;
}
