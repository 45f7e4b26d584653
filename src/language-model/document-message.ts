import type { CompletionRequest, Message } from "./language-model.ts";

/** A text to be gone on with, as logs keep it: one message of the role `document`. */
export function documentMessage({
  prompt,
  images = [],
}: Pick<CompletionRequest, "prompt" | "images">): Message {
  if (images.length === 0) return { role: "document", content: prompt };
  const parts = images.map((url) => ({ type: "image_url", image_url: { url } }));
  return { role: "document", content: [...parts, { type: "text", text: prompt }] };
}
