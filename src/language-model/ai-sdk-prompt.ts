import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
} from "@ai-sdk/provider";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import type { Message } from "./language-model.ts";
import { unsupportedFields, withExampleTurns } from "./message-fields.ts";

type Part = LanguageModelV3TextPart | LanguageModelV3FilePart;

const carried: ReadonlySet<string> = new Set(["role", "content", "tool_calls", "tool_call_id"]);

/**
 * Messages in OpenAI's format as a prompt of the AI SDK. System messages stand together at the
 * beginning; those that came later are reported.
 *
 * @param where - the model, for messages
 * @returns `unsupported`: what has no place there, such as `messages.name`
 * @throws {ConfigError} when a message is none that OpenAI's format has, or an image neither in a
 *   `data:` URL nor on the web
 */
export function aiSdkPrompt(
  where: string,
  messages: readonly Message[],
): { readonly prompt: LanguageModelV3Prompt; readonly unsupported: readonly string[] } {
  const reader = new PromptReader(where);
  for (const [index, message] of withExampleTurns(messages).entries()) reader.add(message, index);
  const unsupported = [...unsupportedFields(messages, carried), ...reader.unsupported];
  return { prompt: [...reader.system, ...reader.turns], unsupported };
}

const toolCalls = z.array(
  z.looseObject({
    id: z.string(),
    function: z.object({ name: z.string(), arguments: z.string() }),
    extra_content: z
      .object({ google: z.object({ thought_signature: z.string() }).optional() })
      .optional(),
  }),
);

const dataUrl = /^data:([^;,]+)?(?:;[^;,]+)*;base64,(.*)$/s;

class PromptReader {
  readonly system: LanguageModelV3Message[] = [];
  readonly turns: LanguageModelV3Message[] = [];
  readonly unsupported = new Set<string>();
  readonly #where: string;
  /** Names of the tools that were called, by the ids of the calls. */
  readonly #toolNames = new Map<string, string>();

  constructor(where: string) {
    this.#where = where;
  }

  add(message: Message, index: number): void {
    const place = `messages[${index}]`;
    const parts = this.#parts(message, place);
    switch (message.role) {
      case "system":
      case "developer":
        if (this.turns.length > 0) this.unsupported.add("messages.role (system behind a turn)");
        this.system.push({ role: "system", content: this.#text(parts, place) });
        return;
      case "user":
        this.turns.push({ role: "user", content: parts });
        return;
      case "assistant":
        this.turns.push({ role: "assistant", content: [...parts, ...this.#calls(message, place)] });
        return;
      case "tool":
        this.#addResult(message, this.#text(parts, place), place);
        return;
      default:
        throw this.#wrong(
          `${place}.role`,
          "system, developer, user, assistant or tool",
          message.role,
        );
    }
  }

  #parts({ content }: Message, place: string): Part[] {
    if (content == null) return [];
    if (typeof content === "string") return [{ type: "text", text: content }];
    return content.flatMap((part, i) => this.#part(part, `${place}.content[${i}]`));
  }

  #part(part: Readonly<Record<string, unknown>>, place: string): Part[] {
    if (part["type"] === "text") return [{ type: "text", text: String(part["text"]) }];
    if (part["type"] === "refusal") return [{ type: "text", text: String(part["refusal"]) }];
    if (part["type"] === "image_url") {
      const { url, detail } = (part["image_url"] ?? {}) as { url?: unknown; detail?: unknown };
      if (detail != null && detail !== "auto") {
        this.unsupported.add("messages.content.image_url.detail");
      }
      return [this.#file(url, place)];
    }
    this.unsupported.add(`messages.content.${String(part["type"])}`);
    return [];
  }

  #file(url: unknown, place: string): LanguageModelV3FilePart {
    const [, mediaType = "image/*", data] = dataUrl.exec(String(url)) ?? [];
    if (data !== undefined) return { type: "file", mediaType, data };
    if (/^https?:/.test(String(url)) && URL.canParse(String(url))) {
      return { type: "file", mediaType: "image/*", data: new URL(String(url)) };
    }
    const got = String(url).slice(0, 60);
    throw this.#wrong(`${place}.image_url.url`, "a data: URL with base64, or an https: one", got);
  }

  #calls(message: Message, place: string): LanguageModelV3ToolCallPart[] {
    const found = toolCalls.safeParse(message["tool_calls"] ?? []);
    if (!found.success) {
      throw this.#wrong(`${place}.tool_calls`, "calls of functions", found.error.message);
    }
    return found.data.map((call) => {
      const { name: toolName } = call.function;
      this.#toolNames.set(call.id, toolName);
      const thoughtSignature = call.extra_content?.google?.thought_signature;
      return {
        ...{ type: "tool-call", toolCallId: call.id, toolName },
        input: this.#json(call.function.arguments, `${place}.tool_calls`),
        ...(thoughtSignature && { providerOptions: { google: { thoughtSignature } } }),
      };
    });
  }

  #json(text: string, place: string): unknown {
    try {
      return text === "" ? {} : JSON.parse(text);
    } catch {
      throw this.#wrong(`${place}.function.arguments`, "JSON", text);
    }
  }

  /** Results that follow each other answer the calls of one turn. */
  #addResult(message: Message, value: string, place: string): void {
    const toolCallId = String(message["tool_call_id"]);
    const toolName = this.#toolNames.get(toolCallId);
    if (toolName === undefined) {
      throw this.#wrong(`${place}.tool_call_id`, "the id of a call before it", toolCallId);
    }
    const output = { type: "text", value } as const;
    const result = { type: "tool-result", toolCallId, toolName, output } as const;
    const last = this.turns.at(-1);
    if (last?.role === "tool") last.content.push(result);
    else this.turns.push({ role: "tool", content: [result] });
  }

  #text(parts: readonly Part[], place: string): string {
    return parts
      .map((part) => {
        if (part.type === "text") return part.text;
        throw this.#wrong(`${place}.content`, "text", "a file");
      })
      .join("");
  }

  #wrong(place: string, expected: string, got: string): ConfigError {
    return new ConfigError(
      `${this.#where}: ${place}: expected ${expected}, got ${got}; change the message`,
    );
  }
}
