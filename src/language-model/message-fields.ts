import type { Message } from "./language-model.ts";

/**
 * Few-shot examples as turns: OpenAI marks them as system messages that are named `example_user`
 * and `example_assistant`, which is for models that read names.
 *
 * @see https://cookbook.openai.com/examples/how_to_format_inputs_to_chatgpt_models
 */
export function withExampleTurns(messages: readonly Message[]): Message[] {
  return messages.map((message) => {
    const [, role] = /^example_(user|assistant)$/.exec(message.name ?? "") ?? [];
    return message.role === "system" && role !== undefined ? { ...message, role } : message;
  });
}

/**
 * Names of the fields of messages that say something and are not carried, such as `messages.name`.
 *
 * @param carried - names that have an effect
 */
export function unsupportedFields(
  messages: readonly Message[],
  carried: ReadonlySet<string>,
): string[] {
  const names = messages.flatMap((message) =>
    Object.entries(message)
      .filter(([name, value]) => !carried.has(name) && !isEmpty(value))
      .map(([name]) => `messages.${name}`),
  );
  return [...new Set(names)];
}

function isEmpty(value: unknown): boolean {
  return value == null || value === "" || (Array.isArray(value) && value.length === 0);
}
