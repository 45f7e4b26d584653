import type { LanguageModel } from "./language-model.ts";

/** The same model as a plain object, so that a call of it may be replaced. */
export function plainModel(model: LanguageModel): LanguageModel {
  const { name, concurrency, settings } = model;
  return {
    ...{ name, concurrency, ...(settings !== undefined && { settings }) },
    chat: (request) => model.chat(request),
    ...(model.complete !== undefined && { complete: (request) => model.complete!(request) }),
    ...(model.score !== undefined && { score: (request) => model.score!(request) }),
    close: () => model.close(),
  };
}
