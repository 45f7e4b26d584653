import type { Message } from "./language-model.ts";

/** Whether a value is messages in OpenAI's format: each has a role, and a text, parts or null as content. */
export function isConversation(value: unknown): value is readonly Message[] {
  return Array.isArray(value) && value.every(isMessage);
}

function isMessage(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { role, content } = value as Record<string, unknown>;
  const isContent = typeof content === "string" || content === null || Array.isArray(content);
  return typeof role === "string" && isContent;
}
