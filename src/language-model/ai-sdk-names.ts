const openAiNames: Readonly<Record<string, string>> = {
  topP: "top_p",
  topK: "top_k",
  maxOutputTokens: "max_tokens",
  stopSequences: "stop",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  toolChoice: "tool_choice",
  responseFormat: "response_format",
};

/** OpenAI's name of a setting of the AI SDK, which is the same where it has no other. */
export function openAiName(setting: string): string {
  return openAiNames[setting] ?? setting;
}
