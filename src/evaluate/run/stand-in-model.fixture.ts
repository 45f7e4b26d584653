import type { LanguageModel, ModelRequest } from "../../language-model/language-model.ts";

/** A model whose answers a function gives, and what it was asked. */
export function standInModel(
  answer: (request: ModelRequest, call: number) => string | Promise<string>,
): LanguageModel & { readonly asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    ...{ name: "stand-in", concurrency: 4, asked },
    async chat(request) {
      asked.push(request);
      const text = await answer(request, asked.length);
      return {
        ...{ texts: [text], finishReasons: ["stop"], toolCalls: [[]], model: "stand-in" },
        ...{ usage: undefined, unsupported: [] },
      };
    },
    close: async () => undefined,
  };
}
