/** One turn of a conversation. */
export interface ChatMessage {
  /** `system`, `user`, `assistant` or `tool`. */
  readonly role: string;
  readonly content: string;
}

/** How a conversation is written out. */
export interface ChatOptions {
  /** End with the opening of the assistant's turn, for the model to go on from. */
  readonly addGenerationPrompt?: boolean;
}

/**
 * The ChatML template as Jinja, for `tokenizer_config.json`; content may also be a list of text and
 * image parts. `renderChat` gives the same text.
 */
export const chatTemplate = `{%- for m in messages -%}<|im_start|>{{ m['role'] }}
{% if m['content'] is string -%}{{ m['content'] }}{%- else -%}{%- for p in m['content'] -%}{%- if p['type'] in ['image','image_url'] -%}[IMG]{%- elif p['text'] is defined -%}{{ p['text'] }}{%- endif -%}{%- endfor -%}{%- endif -%}<|im_end|>
{% endfor -%}{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}`;

/** A conversation as text, to be encoded with `parseSpecial`. */
export function renderChat(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
  const turns = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
  return turns.join("") + (options.addGenerationPrompt === true ? "<|im_start|>assistant\n" : "");
}
