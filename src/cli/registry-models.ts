import { resolve } from "node:path";
import type { LanguageModel } from "../language-model/language-model.ts";
import { namedValues } from "./named-values.ts";

/** What is known of models that are no entries of a registry. */
export interface OtherModels {
  /** @param asking - the name that the user gave, of an entry that asks the model or its own */
  readonly open: (name: string, asking: string) => Promise<LanguageModel>;
  readonly isLocal: (name: string) => Promise<boolean>;
}

/**
 * Opens models by name: entries of the registries' `completion_fns/` and `solvers/`, `dummy`, and all
 * others.
 */
export function registryModels(
  {
    registry: folders,
    modelParam,
  }: { readonly registry: readonly string[]; readonly modelParam: readonly string[] },
  directory: string,
  { open, isLocal }: OtherModels,
): (name: string) => Promise<LanguageModel> {
  return async (name) => {
    if (folders.length === 0 && name !== "dummy") return open(name, name);
    const { isCompletionFunction, openCompletionFunction } = await import(
      "../evaluate/registry/completion-functions.ts"
    );
    const { Registry } = await import("../evaluate/registry/registry.ts");
    const registry = new Registry(folders.map((folder) => resolve(directory, folder)));
    if (!(await isCompletionFunction(name, registry))) return open(name, name);
    return openCompletionFunction(name, {
      ...{ registry, args: namedValues(modelParam) },
      // entries name models as OpenAI does; what the user puts there may be any MODEL
      openModel: async (inner) =>
        open(inner.includes(":") || (await isLocal(inner)) ? inner : `openai:${inner}`, name),
    });
  };
}
