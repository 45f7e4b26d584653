import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import type { ModelConfig } from "./config.ts";
import { type FolderConfig, llamaFields, readLlamaConfig, tokenIdFields } from "./llama-config.ts";
import { readMistralConfig } from "./mistral-config.ts";
import { mistral3Fields, readMistral3Config } from "./mistral3-config.ts";
import { readsImages } from "./stored-names.ts";
import { specialTokens, type TokenRoles, type TokenUse } from "./text/special-tokens.ts";

/**
 * The content of `config.json` as transformers 5 writes it: of a Llama, or with a vision tower of
 * a Mistral3. `torch_dtype` and `rope_theta` repeat other fields for readers of version 4.
 *
 * @param special - of the tokenizer
 * @throws {CheckpointError} as `mistral3Fields`
 */
export function huggingFaceConfig(
  config: ModelConfig,
  special: TokenRoles = specialTokens,
): object {
  const ids = tokenIdFields(special);
  const fields = readsImages(config) ? mistral3Fields(config, ids) : llamaFields(config, ids);
  return { ...fields, dtype: "float32", torch_dtype: "float32" };
}

/** The content of `generation_config.json`: a document's end or a turn's end stops. */
export function huggingFaceGenerationConfig({ special, stopTokens }: TokenUse): object {
  return { ...tokenIdFields(special), eos_token_id: stopTokens, do_sample: false };
}

const readers = {
  llama: readLlamaConfig,
  mistral: readMistralConfig,
  mistral3: readMistral3Config,
} as const;

const modelTypes = {
  LlamaForCausalLM: "llama",
  MistralForCausalLM: "mistral",
  Mistral3ForConditionalGeneration: "mistral3",
} as const satisfies Readonly<Record<string, keyof typeof readers>>;

type Architecture = keyof typeof modelTypes;

/** What a Hugging Face folder's `config.json` says. */
export interface HuggingFaceConfig extends FolderConfig {
  /** The class that transformers has for it. */
  readonly architecture: string;
}

/**
 * Reads the parsed `config.json` of a Llama, Mistral or Mistral3 folder, of transformers 4 or 5.
 *
 * @param path - of the file, for messages
 * @throws {CheckpointError} for another architecture, quantised weights, or a variant that this
 *   model is not
 */
export function readHuggingFaceConfig(path: string, content: unknown): HuggingFaceConfig {
  const head: Head = configHead.safeParse(content).data ?? {};
  const architecture = architectureOf(path, head);
  const { quantization_config: quantisation } = head;
  if (quantisation !== undefined && quantisation !== null) {
    throw new CheckpointError(
      `${path}: expected no quantization_config, got ${JSON.stringify(quantisation)}; give the ` +
        "folder of the model before it was quantised",
    );
  }
  return { architecture, ...readers[modelTypes[architecture]](path, content) };
}

const configHead = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().nullish(),
  quantization_config: z.unknown().optional(),
});
type Head = Partial<z.infer<typeof configHead>>;

function architectureOf(path: string, { architectures, model_type }: Head): Architecture {
  const came = architectures?.[0];
  const names = Object.keys(modelTypes) as Architecture[];
  for (const name of names) {
    if (came === name || (came === undefined && model_type === modelTypes[name])) return name;
  }
  throw new CheckpointError(
    `${path}: expected the architecture ${names.join(" or ")}, got ${came ?? model_type ?? "none"}; ` +
      "only plain Llama folders and such with a Pixtral vision tower can be loaded",
  );
}
