import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";
import { type FolderConfig, llamaFields, readLlamaConfig, tokenIdFields } from "./llama-config.ts";
import { mistral3Fields, readMistral3Config } from "./mistral3-config.ts";
import { readsImages } from "./stored-names.ts";
import { specialTokens } from "./text/special-tokens.ts";

/**
 * The content of `config.json` as transformers 5 writes it: of a Llama, or with a vision tower of
 * a Mistral3. `torch_dtype` and `rope_theta` repeat other fields for readers of version 4.
 *
 * @throws {CheckpointError} as `mistral3Fields`
 */
export function huggingFaceConfig(config: ModelConfig): object {
  const fields = readsImages(config) ? mistral3Fields(config) : llamaFields(config);
  return { ...fields, dtype: "float32", torch_dtype: "float32" };
}

/** The content of `generation_config.json`: a document's end or a turn's end stops. */
export function huggingFaceGenerationConfig(): object {
  const ids = tokenIdFields(specialTokens);
  return { ...ids, eos_token_id: [specialTokens.eos, specialTokens.imEnd], do_sample: false };
}

const readers = { llama: readLlamaConfig, mistral3: readMistral3Config } as const;

const modelTypes: Readonly<Record<string, keyof typeof readers>> = {
  LlamaForCausalLM: "llama",
  Mistral3ForConditionalGeneration: "mistral3",
};

/**
 * Reads the parsed `config.json` of a Llama or Mistral3 folder, of transformers 4 or 5.
 *
 * @param path - of the file, for messages
 * @throws {CheckpointError} for another architecture, or a variant that this model is not
 */
export function readHuggingFaceConfig(path: string, content: unknown): FolderConfig {
  return readers[modelTypeOf(path, content)](path, content);
}

function modelTypeOf(path: string, content: unknown): keyof typeof readers {
  const names = z.looseObject({
    architectures: z.array(z.string()).nullish(),
    model_type: z.string().nullish(),
  });
  const { architectures, model_type } = names.safeParse(content).data ?? {};
  const architecture = architectures?.[0];
  for (const [name, type] of Object.entries(modelTypes)) {
    if (architecture === name || (architecture === undefined && model_type === type)) return type;
  }
  throw new CheckpointError(
    `${path}: expected the architecture ${Object.keys(modelTypes).join(" or ")}, got ` +
      `${architecture ?? model_type ?? "none"}; only plain Llama folders and such with a Pixtral ` +
      "vision tower can be loaded, as foretoken train and foretoken export write them",
  );
}
