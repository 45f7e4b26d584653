import { z } from "zod";
import { CheckpointError, ConfigError } from "../errors.ts";
import { checkConfig, defaultRopeTheta, type ModelConfig } from "./config.ts";
import type { TokenRoles, TokenUse } from "./text/special-tokens.ts";

/**
 * The fields of a Llama's `config.json` that tell its shape; `rope_theta` is for transformers 4.
 *
 * @param tokenIds - by `tokenIdFields`
 */
export function llamaFields(config: ModelConfig, tokenIds: object): object {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: config.vocabSize,
    hidden_size: config.embedDim,
    intermediate_size: config.mlpDim,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    hidden_act: "silu",
    attention_bias: false,
    attention_dropout: 0,
    mlp_bias: false,
    max_position_embeddings: config.maxSeqLen,
    rms_norm_eps: config.rmsNormEps,
    rope_parameters: { rope_type: "default", rope_theta: config.ropeTheta },
    rope_theta: config.ropeTheta,
    initializer_range: 0.02,
    pretraining_tp: 1,
    tie_word_embeddings: false,
    use_cache: true,
    ...tokenIds,
  };
}

/** The special tokens that every model's configuration names. */
export function tokenIdFields({ bos, eos, pad }: TokenRoles): Record<string, number | undefined> {
  return { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad };
}

/** A field that this model has with one value only. */
export function only<T extends string | number | boolean>(value: T) {
  return z.literal(value, {
    error: ({ input }) => `expected ${value}, got ${JSON.stringify(input) ?? "none"}`,
  });
}

const positive = z.int().min(1);
const ropeParameters = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(), // what rope_type was called before
  rope_theta: z.number().optional(),
  partial_rotary_factor: only(1).optional(),
});
const tokenId = z.union([z.int(), z.array(z.int())]).nullish();

/** What is read of a Llama's `config.json`; the defaults are those of transformers. */
const llamaConfig = z.looseObject({
  vocab_size: positive,
  hidden_size: positive,
  intermediate_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.nullish(),
  head_dim: positive.nullish(),
  max_position_embeddings: positive,
  rms_norm_eps: z.number().default(1e-6),
  rope_parameters: ropeParameters.nullish(),
  rope_scaling: ropeParameters.nullish(),
  rope_theta: z.number().nullish(),
  hidden_act: only("silu").default("silu"),
  attention_bias: only(false).default(false),
  mlp_bias: only(false).default(false),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: tokenId,
  eos_token_id: tokenId,
  pad_token_id: tokenId,
});

/** What a `config.json` says about the tensors beside it. */
export interface FolderConfig {
  readonly model: ModelConfig;
  /** Ids of special tokens by field, one or several each. */
  readonly tokenIds: Readonly<Record<string, unknown>>;
  /** The head is the embedding and has no tensor of its own. */
  readonly isHeadTied: boolean;
  /** What the model is given in another form than the file has it, a sentence each. */
  readonly changes: readonly string[];
}

/**
 * Reads the shape of a Llama from its parsed `config.json`, of transformers 4 or 5.
 *
 * @param path - of the file, for messages
 * @throws {CheckpointError} for a variant of Llama that this decoder is not (biases, another
 *   activation, scaled RoPE)
 */
export function readLlamaConfig(path: string, content: unknown): FolderConfig {
  const parsed = llamaConfig.safeParse(content);
  if (!parsed.success) {
    throw new CheckpointError(
      `${path}: not a Llama that can be loaded here:\n${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    );
  }
  const raw = parsed.data;
  checkRope(path, raw);
  const model: ModelConfig = {
    vocabSize: raw.vocab_size,
    embedDim: raw.hidden_size,
    layers: raw.num_hidden_layers,
    heads: raw.num_attention_heads,
    kvHeads: raw.num_key_value_heads ?? raw.num_attention_heads,
    headDim: raw.head_dim ?? Math.floor(raw.hidden_size / raw.num_attention_heads),
    mlpDim: raw.intermediate_size,
    maxSeqLen: raw.max_position_embeddings,
    ropeTheta: raw.rope_parameters?.rope_theta ?? raw.rope_theta ?? defaultRopeTheta,
    rmsNormEps: raw.rms_norm_eps,
  };
  checkShape(path, model);
  const { bos_token_id, eos_token_id, pad_token_id } = raw;
  const tokenIds = { bos_token_id, eos_token_id, pad_token_id };
  return { model, isHeadTied: raw.tie_word_embeddings, tokenIds, changes: [] };
}

/**
 * Where a `config.json` names other special tokens than the tokenizer beside it has, a sentence
 * each.
 */
export function otherTokenIds(
  { tokenIds }: Pick<FolderConfig, "tokenIds">,
  { special, stopTokens }: TokenUse,
): string[] {
  return Object.entries(tokenIdFields(special)).flatMap(([key, ours]) => {
    const theirs = [tokenIds[key] ?? []].flat();
    const known = key === "eos_token_id" ? stopTokens : [ours];
    if (theirs.every((id) => known.includes(id as number))) return [];
    const place = ours === undefined ? "names none" : `has it at ${ours}`;
    return [`${key} ${JSON.stringify(tokenIds[key])} was left out: the tokenizer ${place}`];
  });
}

/**
 * Checks a shape that was read from a file.
 *
 * @throws {CheckpointError} as `checkConfig`, with the path
 */
export function checkShape(path: string, model: ModelConfig): void {
  try {
    checkConfig(model);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CheckpointError(`${path}: ${error.message}`, { cause: error });
  }
}

function checkRope(path: string, raw: z.infer<typeof llamaConfig>): void {
  for (const key of ["rope_parameters", "rope_scaling"] as const) {
    const came = raw[key]?.rope_type ?? raw[key]?.type ?? "default";
    if (came === "default") continue;
    throw new CheckpointError(
      `${path}: expected plain RoPE (${key}.rope_type default), got ${came}; models of extended ` +
        "context cannot be loaded",
    );
  }
}
