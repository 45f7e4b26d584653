import { z } from "zod";
import { ConfigError } from "../errors.ts";
import type { CallArguments } from "./language-model.ts";

const text = z.string().nullish();
const real = z.number().nullish();
const whole = z.number().int().nullish();

/** Arguments in OpenAI's names that an adapter may translate; all others are left as they are. */
const typed = z.looseObject({
  temperature: real,
  top_p: real,
  top_k: whole,
  max_tokens: whole,
  max_completion_tokens: whole,
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: whole,
  n: whole,
  frequency_penalty: real,
  presence_penalty: real,
  tools: z
    .array(
      z.looseObject({
        type: z.string(),
        function: z
          .looseObject({
            name: z.string(),
            description: text,
            parameters: z.record(z.string(), z.unknown()).nullish(),
            strict: z.boolean().nullish(),
          })
          .optional(),
      }),
    )
    .nullish(),
  tool_choice: z
    .union([
      z.string(),
      z.looseObject({ type: z.string(), function: z.object({ name: z.string() }).optional() }),
    ])
    .nullish(),
  response_format: z
    .looseObject({
      type: z.string(),
      json_schema: z
        .looseObject({
          name: text,
          description: text,
          schema: z.record(z.string(), z.unknown()).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

/** Arguments whose types were checked. */
export type TypedArguments = z.infer<typeof typed>;

/**
 * Checks the types of the arguments that are translated.
 *
 * @param where - the model, for messages
 * @throws {ConfigError} naming the argument and what is wrong with it
 */
export function readArguments(where: string, callArguments: CallArguments): TypedArguments {
  const found = typed.safeParse(callArguments);
  if (found.success) return found.data;
  const [first] = found.error.issues;
  throw new ConfigError(
    `${where}: the argument ${first!.path.join(".")} cannot be read (${first!.message}); write it as OpenAI's chat completions have it`,
  );
}

/** Values that ask for nothing, which every provider carries. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  n: [1],
  stream: [false],
  store: [false],
  logprobs: [false],
  frequency_penalty: [0],
  presence_penalty: [0],
  parallel_tool_calls: [true],
  tool_choice: ["auto", "none"],
};

/**
 * Names of the arguments that ask for something and are not carried.
 *
 * @param carried - names that have an effect
 */
export function unsupportedArguments(
  callArguments: CallArguments,
  carried: ReadonlySet<string>,
): string[] {
  return Object.entries(callArguments)
    .filter(([name, value]) => !carried.has(name) && !asksNothing(name, value))
    .map(([name]) => name);
}

function asksNothing(name: string, value: unknown): boolean {
  if (value == null || neutral[name]?.includes(value)) return true;
  if (name === "response_format") return (value as { type?: unknown }).type === "text";
  const isEmpty = typeof value === "object" && Object.keys(value).length === 0;
  return isEmpty && ["tools", "logit_bias", "stop", "metadata"].includes(name);
}

/** The strings that end a text. */
export function stopStrings({ stop }: TypedArguments): string[] {
  return stop == null ? [] : [stop].flat();
}
