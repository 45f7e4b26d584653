import type { LanguageModelV3CallOptions, SharedV3Warning } from "@ai-sdk/provider";
import { openAiName } from "./ai-sdk-names.ts";
import {
  readArguments,
  stopStrings,
  type TypedArguments,
  unsupportedArguments,
} from "./call-arguments.ts";
import type { CallArguments } from "./language-model.ts";

type Settings = Omit<LanguageModelV3CallOptions, "prompt" | "abortSignal">;

const carried: ReadonlySet<string> = new Set([
  ...["temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "stop", "seed"],
  ...["frequency_penalty", "presence_penalty", "tools", "tool_choice", "response_format"],
]);

/**
 * Arguments in OpenAI's names as the settings of the AI SDK.
 *
 * @returns `unsupported`: names of what has no place there; what the provider itself does not carry
 *   comes back as warnings, for `warnedFields`
 * @throws {ConfigError} when one has not the type that OpenAI's has
 */
export function aiSdkSettings(
  where: string,
  callArguments: CallArguments,
): { readonly settings: Settings; readonly unsupported: readonly string[] } {
  const read = readArguments(where, callArguments);
  const settings: { [name in keyof Settings]: Settings[name] | null | undefined } = {
    temperature: read.temperature,
    topP: read.top_p,
    topK: read.top_k,
    maxOutputTokens: read.max_completion_tokens ?? read.max_tokens,
    stopSequences: read.stop == null ? undefined : stopStrings(read),
    seed: read.seed,
    frequencyPenalty: read.frequency_penalty || undefined, // 0 is none
    presencePenalty: read.presence_penalty || undefined,
    tools: functionTools(read),
    toolChoice: toolChoice(read),
    responseFormat: responseFormat(read),
  };
  const given = Object.entries(settings).filter(([, value]) => value != null);
  const otherTools = (read.tools ?? []).filter((tool) => tool.function === undefined);
  const unsupported = [
    ...unsupportedArguments(callArguments, carried),
    ...otherTools.map(({ type }) => `tools.${type}`),
    ...(read.tool_choice != null && settings.toolChoice === undefined ? ["tool_choice"] : []),
  ];
  return { settings: Object.fromEntries(given), unsupported: [...new Set(unsupported)] };
}

/** What the provider's warnings say had no effect, in OpenAI's names as far as they have one. */
export function warnedFields(warnings: readonly SharedV3Warning[]): string[] {
  return warnings.flatMap((warning) => {
    if (warning.type === "unsupported") return [openAiName(warning.feature)];
    return warning.type === "other" ? [warning.message] : [];
  });
}

function functionTools({ tools }: TypedArguments): Settings["tools"] {
  const functions = (tools ?? []).flatMap((tool) => tool.function ?? []);
  if (functions.length === 0) return undefined;
  return functions.map(({ name, description, parameters, strict }) => ({
    ...{ type: "function", name },
    ...(description != null && { description }),
    ...(strict != null && { strict }),
    inputSchema: parameters ?? { type: "object", properties: {} },
  }));
}

function toolChoice({ tool_choice: choice }: TypedArguments): Settings["toolChoice"] {
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  if (choice == null || typeof choice === "string" || choice.function === undefined) {
    return undefined;
  }
  return { type: "tool", toolName: choice.function.name };
}

function responseFormat({ response_format: format }: TypedArguments): Settings["responseFormat"] {
  if (format == null || format.type === "text") return undefined;
  const { name, description, schema } = format.json_schema ?? {};
  return {
    type: "json",
    ...(name != null && { name }),
    ...(description != null && { description }),
    ...(schema != null && { schema }),
  };
}
