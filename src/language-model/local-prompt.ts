import type { Tokenizer } from "../model/text/tokenizer.ts";
import type { ContentPart, PromptMessage } from "./chat-prompt.ts";
import type { Message } from "./language-model.ts";
import { loadImage } from "./load-image.ts";
import { unsupportedFields, withExampleTurns } from "./message-fields.ts";
import type { Prompt } from "./prompt.ts";

const carried: ReadonlySet<string> = new Set(["role", "content"]);

/** A conversation as a model of ours reads it. */
export interface LocalPrompt {
  readonly prompt: Prompt;
  /** Strings before which the answer ends, beside those that were asked for. */
  readonly stop: readonly string[];
  /** What is not carried, such as `messages.name`. */
  readonly unsupported: readonly string[];
}

/** How images are found and read. */
interface ImagePlaces {
  /** What relative paths begin at. */
  readonly directory: string;
  /** Of the model, in pixels. */
  readonly longestSide: number | undefined;
}

/**
 * Messages in OpenAI's format as a prompt in the model's template. A model without one gets them as
 * the beginning of a document, turns with the prefixes `System: `, `User: ` and `Assistant: ` with
 * empty lines between, up to `Assistant:`; its answer ends where it begins the user's next turn.
 *
 * @throws {ImageError} when an image cannot be read
 */
export async function localPrompt(
  tokenizer: Tokenizer,
  messages: readonly Message[],
  places: ImagePlaces,
): Promise<LocalPrompt> {
  const unsupported = new Set(unsupportedFields(messages, carried));
  const turns = withExampleTurns(messages).map(({ role, content }) => ({
    role: role === "developer" ? "system" : role,
    content: contentOf(content, unsupported),
  }));
  const parts = turns.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const images = await Promise.all(
    parts.flatMap((part) =>
      part.type === "image_url" ? [loadImage(part.image_url.url, places)] : [],
    ),
  );
  if (tokenizer.chat.template !== undefined) {
    return {
      ...{ prompt: { kind: "chat", messages: turns, images }, stop: [] },
      unsupported: [...unsupported],
    };
  }
  const text = [...turns.map(turnText), "Assistant:"].join("\n\n");
  return {
    prompt: { kind: "document", text, images },
    stop: ["\n\nUser:"],
    unsupported: [...unsupported],
  };
}

/** Text and images; other parts are named in `unsupported`. */
function contentOf(
  content: Message["content"],
  unsupported: Set<string>,
): PromptMessage["content"] {
  if (content === null || typeof content === "string") return content ?? "";
  return content.flatMap((part): ContentPart[] => {
    if (part.type === "text") return [{ type: "text", text: String(part["text"]) }];
    const image = part["image_url"] as { url?: unknown; detail?: unknown } | undefined;
    if (part.type !== "image_url" || image === undefined) {
      unsupported.add(`messages.content.${part.type}`);
      return [];
    }
    if (image.detail != null && image.detail !== "auto") {
      unsupported.add("messages.content.image_url.detail");
    }
    return [{ type: "image_url", image_url: { url: String(image.url) } }];
  });
}

/** A turn of a model without template; its images stand where `[IMG]` does. */
function turnText({ role, content }: PromptMessage): string {
  const text =
    typeof content === "string"
      ? content
      : content.map((part) => (part.type === "text" ? part.text : "[IMG]")).join("");
  return `${role.charAt(0).toUpperCase()}${role.slice(1)}: ${text}`;
}
