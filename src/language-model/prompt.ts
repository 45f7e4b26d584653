import { type ChatMessage, encodeChat } from "../model/text/chat.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";

/** What a model is given to go on from. */
export type Prompt =
  /** Exactly this text, nothing added; `<s>`, `<|im_start|>` and so on in it are their tokens. */
  | { readonly kind: "raw"; readonly text: string }
  /** The beginning of a document: `<s>` and the text, in which special tokens are text. */
  | { readonly kind: "document"; readonly text: string }
  /** A conversation: `<s>` and the chat template, up to the opening of the assistant's turn. */
  | { readonly kind: "chat"; readonly messages: readonly ChatMessage[] };

/** The tokens of a prompt; documents and chats begin with `<s>`, as all of training does. */
export function encodePrompt(tokenizer: Tokenizer, prompt: Prompt): number[] {
  const { bos } = tokenizer.special;
  switch (prompt.kind) {
    case "raw":
      return tokenizer.encode(prompt.text, { parseSpecial: true });
    case "document":
      return [bos, ...tokenizer.encode(prompt.text)];
    case "chat":
      return [bos, ...encodeChat(tokenizer, prompt.messages, { addGenerationPrompt: true })];
  }
}
