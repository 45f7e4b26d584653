import type { Message } from "./language-model.ts";

/** The text of a message; images have none. */
export function messageText({ content }: Message): string {
  if (content === null || content === undefined) return ""; // logs of others may lack it
  if (typeof content === "string") return content;
  return content.map((part) => (typeof part["text"] === "string" ? part["text"] : "")).join("");
}
