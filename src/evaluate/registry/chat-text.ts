import type { Message } from "../../language-model/language-model.ts";
import { messageText } from "../../language-model/message-text.ts";
import { stripStart } from "../text-scores/python-text.ts";

/** A prompt of a sample: a text, or a conversation. */
export type SamplePrompt = string | readonly Message[];

const prefixes: Readonly<Record<string, string>> = {
  system: "",
  example_user: "User: ",
  example_assistant: "Assistant: ",
};

/** A prompt for a model that chats: a text is one system message. */
export function chatPrompt(prompt: SamplePrompt): readonly Message[] {
  return typeof prompt === "string" ? [{ role: "system", content: prompt }] : prompt;
}

/**
 * A prompt for a model that goes on from a text.
 *
 * @param opensAnswer - whether it ends with the opening of the assistant's turn
 */
export function textPrompt(prompt: SamplePrompt, { opensAnswer = true } = {}): string {
  if (typeof prompt === "string") return prompt;
  if (prompt.length === 1) return messageText(prompt[0]!);
  const turns = prompt.map((message) => {
    const role = message.name ?? message.role;
    const prefix =
      prefixes[role] ?? `${role.charAt(0).toUpperCase()}${role.slice(1).toLowerCase()}: `;
    return `${prefix}${messageText(message)}\n`;
  });
  return stripStart(turns.join("") + (opensAnswer ? "Assistant:" : ""));
}

/** A prompt with its braces doubled, as it goes into a template. */
export function withDoubledBraces(prompt: SamplePrompt): SamplePrompt {
  const doubled = (text: string) => text.replace(/[{}]/g, "$&$&");
  if (typeof prompt === "string") return doubled(prompt);
  return prompt.map((message) =>
    typeof message.content === "string"
      ? { ...message, content: doubled(message.content) }
      : message,
  );
}
