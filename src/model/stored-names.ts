import type { ModelConfig } from "./config.ts";
import { isVisionParameter } from "./parameters.ts";

/** The name that a file has for a parameter. */
export type StoredName = (parameter: string) => string;

/** A configuration with a vision tower. */
export type VisionModelConfig = ModelConfig & Required<Pick<ModelConfig, "vision">>;

/** Whether a model has a vision tower, and is a Mistral3 in files. */
export function readsImages(config: ModelConfig): config is VisionModelConfig {
  return config.vision !== undefined;
}

/** The names under which a model is saved: those of transformers' `save_pretrained`. */
export function storedName(config: ModelConfig): StoredName {
  return readsImages(config) ? ofMistral3 : (parameter) => parameter;
}

/**
 * The names that a file of this model uses.
 *
 * @param names - of the file's tensors; a Mistral3's begin with `model.` where they were saved as
 *   transformers 5 has them in memory (`save_original_format=False`)
 */
export function storedNameIn(config: ModelConfig, names: Iterable<string>): StoredName {
  if (!readsImages(config)) return storedName(config);
  for (const name of names) if (name.startsWith("model.")) return ofMistral3InMemory;
  return ofMistral3;
}

function ofMistral3(parameter: string): string {
  return isVisionParameter(parameter) ? parameter : `language_model.${parameter}`;
}

function ofMistral3InMemory(parameter: string): string {
  if (isVisionParameter(parameter)) return `model.${parameter}`;
  return parameter.replace(/^model\./, "model.language_model.");
}
