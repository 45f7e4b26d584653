import {
  type LanguageModelV3FilePart,
  type LanguageModelV3Message,
  type LanguageModelV3Prompt,
  type SharedV3Warning,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import type { Message, MessagePart } from "../../language-model/language-model.ts";

type Part = Exclude<LanguageModelV3Message["content"], string>[number];

/** A prompt in OpenAI's format. */
interface ReadMessages {
  readonly messages: readonly Message[];
  readonly warnings: readonly SharedV3Warning[];
}

/**
 * A prompt of the AI SDK as messages in OpenAI's format: system messages, texts and images. Thoughts
 * of earlier turns are left out with a warning.
 *
 * @throws {UnsupportedFunctionalityError} for files that are no images, images that are elsewhere,
 *   and calls of tools with their results
 */
export function readMessages(prompt: LanguageModelV3Prompt): ReadMessages {
  const parts = prompt.flatMap(({ content }): Part[] =>
    typeof content === "string" ? [] : content,
  );
  const hasThoughts = parts.some(({ type }) => type === "reasoning");
  return {
    messages: prompt.map(readMessage),
    warnings: hasThoughts
      ? [{ type: "unsupported", feature: "reasoning", details: "left out of the prompt" }]
      : [],
  };
}

function readMessage({ role, content }: LanguageModelV3Message): Message {
  if (typeof content === "string") return { role, content };
  const parts = content.flatMap(readPart);
  const isText = parts.every(({ type }) => type === "text");
  return { role, content: isText ? parts.map((part) => part["text"]).join("") : parts };
}

function readPart(part: Part): MessagePart[] {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text }];
    case "file":
      return [{ type: "image_url", image_url: { url: imageUrl(part) } }];
    case "reasoning":
      return [];
    default:
      throw new UnsupportedFunctionalityError({
        functionality: part.type,
        message: `prompt: expected texts and images, got a ${part.type}; models of Foretoken call no tools, so leave it out`,
      });
  }
}

/** Always a `data:` URL: a prompt that came over a network names no files of this machine. */
function imageUrl({ mediaType, data }: LanguageModelV3FilePart): string {
  if (!mediaType.startsWith("image/")) {
    throw new UnsupportedFunctionalityError({
      functionality: `file part media type ${mediaType}`,
      message: `prompt: expected files that are images, got ${mediaType}; leave it out`,
    });
  }
  if (!(data instanceof URL)) {
    const base64 = typeof data === "string" ? data : Buffer.from(data).toString("base64");
    return `data:${mediaType};base64,${base64}`;
  }
  if (data.protocol === "data:") return data.href;
  throw new UnsupportedFunctionalityError({
    functionality: `file part URL ${data.protocol}`,
    message: `prompt: expected the image itself, got its address ${data.href.slice(0, 60)}; nothing is fetched, so give its bytes`,
  });
}
