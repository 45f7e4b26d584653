import { Template } from "@huggingface/jinja";
import { CheckpointError, ConfigError } from "../../errors.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** How the conversations of a model are written. */
export interface ChatForm {
  /** Jinja; undefined in a model that knows no conversations. */
  readonly template: string | undefined;
  /** Ids before what the template gives. */
  readonly start: readonly number[];
  /** What the template may use: spellings by name, such as `bos_token`. */
  readonly tokens: Readonly<Record<string, string>>;
  /** The folder, for messages. */
  readonly origin: string;
}

/** A turn as templates read it. */
export interface TemplateMessage {
  readonly role: string;
  readonly content: string | readonly TemplatePart[];
}

/** Text, or the place of an image. */
export type TemplatePart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image" };

/** A Unicode noncharacter, which text has no use for: it breaks a special token that is meant as text. */
const breaker = "\ufdd0";

/**
 * A conversation as tokens, up to the opening of the assistant's turn, as transformers'
 * `apply_chat_template` gives them; except that special tokens written in a role or a content stay
 * text, so that a message cannot forge a turn.
 *
 * @throws {CheckpointError} when there is no template, or one that cannot be read
 * @throws {ConfigError} when the template refuses the conversation
 */
export function encodeConversation(
  tokenizer: Tokenizer,
  messages: readonly TemplateMessage[],
): number[] {
  const { chat } = tokenizer;
  const template = compileTemplate(chat);
  const broken = messages.map(({ role, content }) => ({
    role: breakSpecial(tokenizer, role),
    content:
      typeof content === "string"
        ? breakSpecial(tokenizer, content)
        : content.map((part) =>
            part.type === "text" ? { ...part, text: breakSpecial(tokenizer, part.text) } : part,
          ),
  }));
  let text: string;
  try {
    text = template.render({ ...chat.tokens, messages: broken, add_generation_prompt: true });
  } catch (cause) {
    throw new ConfigError(
      `${chat.origin}: its chat template refuses the conversation (${(cause as Error).message}); ` +
        "change the conversation, or give the whole prompt with generate --raw",
      { cause },
    );
  }
  const parts = tokenizer.splitSpecial(text);
  return [
    ...chat.start,
    ...parts.flatMap((part) =>
      typeof part === "number" ? [part] : tokenizer.encode(part.replaceAll(breaker, "")),
    ),
  ];
}

/** The template of a model. @throws {CheckpointError} when there is none or it cannot be read */
export function compileTemplate({ template, origin }: ChatForm): Template {
  if (template === undefined) {
    throw new CheckpointError(
      `${origin}: the model has no chat template; give the whole prompt with generate --raw`,
    );
  }
  try {
    return new Template(template);
  } catch (cause) {
    throw new CheckpointError(
      `${origin}: its chat template cannot be read (${(cause as Error).message}); give the whole ` +
        "prompt with generate --raw",
      { cause },
    );
  }
}

/** Text whose special tokens are broken; tokens that only look so, as `</think>`, are left whole. */
function breakSpecial(tokenizer: Tokenizer, text: string): string {
  const parts = tokenizer.splitSpecial(text);
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      const spelling = tokenizer.decode([part]);
      const isSpecial = tokenizer.decode([part], { skipSpecial: true }) === "";
      return isSpecial ? spelling[0] + breaker + spelling.slice(1) : spelling;
    })
    .join("");
}
