import {
  InvalidArgumentError,
  type LanguageModelV3CallOptions,
  type SharedV3Warning,
} from "@ai-sdk/provider";
import { z } from "zod";
import { openAiName } from "../../language-model/ai-sdk-names.ts";
import type { CallArguments } from "../../language-model/language-model.ts";

/** Settings as arguments in OpenAI's names, and what has no effect. */
interface ReadSettings {
  readonly callArguments: CallArguments;
  readonly warnings: readonly SharedV3Warning[];
}

const settings = z.object({
  maxOutputTokens: z.int().min(1).optional(),
  temperature: z.number().min(0).optional(),
  topP: z.number().positive().max(1).optional(),
  topK: z.int().min(0).optional(),
  seed: z.int().optional(),
  stopSequences: z.array(z.string().min(1)).optional(),
});

/**
 * Settings of the AI SDK as arguments in OpenAI's names.
 *
 * @returns `warnings`: one for each setting that models of ours do not carry
 * @throws {InvalidArgumentError} naming the setting that cannot be
 */
export function readSettings(options: LanguageModelV3CallOptions): ReadSettings {
  const found = settings.safeParse(options);
  if (!found.success) {
    const [{ path, message }] = found.error.issues as [z.core.$ZodIssue];
    const argument = String(path[0]);
    throw new InvalidArgumentError({
      argument,
      message: `${argument}: got ${JSON.stringify(options[argument as keyof typeof options])}, which cannot be (${message}); correct it`,
    });
  }
  const given = Object.entries(found.data).filter(([, value]) => value !== undefined);
  return {
    callArguments: Object.fromEntries(given.map(([name, value]) => [openAiName(name), value])),
    warnings: warningsOf(options),
  };
}

function warningsOf(options: LanguageModelV3CallOptions): SharedV3Warning[] {
  const { tools = [], toolChoice, responseFormat, providerOptions } = options;
  const isForced = toolChoice?.type === "required" || toolChoice?.type === "tool";
  const details: Readonly<Record<string, string | false>> = {
    tools: tools.length > 0 && "no tool is shown to the model",
    toolChoice: isForced && "no tool is shown to the model",
    responseFormat: responseFormat?.type === "json" && "the answer is not held to JSON",
    presencePenalty: Boolean(options.presencePenalty) && "it has no effect",
    frequencyPenalty: Boolean(options.frequencyPenalty) && "it has no effect",
    "providerOptions.foretoken":
      Object.keys(providerOptions?.["foretoken"] ?? {}).length > 0 && "there are none",
  };
  return Object.entries(details).flatMap(([feature, text]) =>
    text === false ? [] : [{ type: "unsupported", feature, details: text }],
  );
}
