import { encodeConversation, type TemplatePart } from "../model/text/chat-template.ts";
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
 * A conversation as tokens in the model's template, up to the opening of the assistant's turn; one
 * `[IMG]` for each image. Special tokens written in a message stay text.
 *
 * @throws as `encodeConversation`
 */
export function encodeChatPrompt(
  tokenizer: Tokenizer,
  messages: readonly PromptMessage[],
): number[] {
  const turns = messages.map(({ role, content }) => ({
    role,
    content: typeof content === "string" ? content : content.map(templatePart),
  }));
  return encodeConversation(tokenizer, turns);
}

function templatePart(part: ContentPart): TemplatePart {
  return part.type === "text" ? part : { type: "image" };
}
