import { defaultRopeTheta, type ModelConfig } from "../config.ts";
import { checkShape } from "../llama-config.ts";
import type { GgufMetadata } from "./metadata.ts";

/** Keys of what this decoder does not compute, with the one value that they may have. */
const absent = {
  "llama.expert_count": 0,
  "llama.rope.scale_linear": 1,
  "llama.attention.sliding_window": 0,
} as const;

/**
 * The shape of a Llama from a file's keys.
 *
 * @param vocabSize - rows of the embedding
 * @throws {CheckpointError} naming the key, for another architecture and for variants of Llama that
 *   this decoder is not (experts, scaled or partial RoPE, windows, layers of different shapes)
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, LLM keys
 */
export function llamaConfig(metadata: GgufMetadata, vocabSize: number): ModelConfig {
  if (metadata.text("general.architecture") !== "llama") {
    throw metadata.refused("general.architecture", "llama");
  }
  checkAbsent(metadata);
  const heads = metadata.number("llama.attention.head_count");
  const embedDim = metadata.number("llama.embedding_length");
  const headDim = metadata.number("llama.attention.key_length", Math.floor(embedDim / heads));
  for (const key of ["llama.attention.value_length", "llama.rope.dimension_count"]) {
    if (metadata.number(key, headDim) !== headDim) {
      throw metadata.refused(key, `the size of a head, ${headDim}`);
    }
  }
  if (metadata.number("llama.vocab_size", vocabSize) !== vocabSize) {
    throw metadata.refused("llama.vocab_size", `the rows of token_embd.weight, ${vocabSize}`);
  }
  const config: ModelConfig = {
    ...{ vocabSize, embedDim, heads, headDim },
    layers: metadata.number("llama.block_count"),
    kvHeads: metadata.number("llama.attention.head_count_kv", heads),
    mlpDim: metadata.number("llama.feed_forward_length"),
    maxSeqLen: metadata.number("llama.context_length"),
    ropeTheta: metadata.number("llama.rope.freq_base", defaultRopeTheta),
    rmsNormEps: shortest(metadata.number("llama.attention.layer_norm_rms_epsilon")),
  };
  checkShape(metadata.path, config);
  return config;
}

function checkAbsent(metadata: GgufMetadata): void {
  for (const [key, value] of Object.entries(absent)) {
    if (metadata.number(key, value) !== value) throw metadata.refused(key, `${value} or missing`);
  }
  if ((metadata.optionalText("llama.rope.scaling.type") ?? "none") !== "none") {
    throw metadata.refused("llama.rope.scaling.type", "none");
  }
}

/** The shortest decimal number that float32 rounds to this one: 1e-5 and not 0.000009999999747. */
function shortest(value: number): number {
  const digits = Array.from({ length: 9 }, (_, index) => Number(value.toPrecision(index + 1)));
  return digits.find((each) => Math.fround(each) === Math.fround(value)) ?? value;
}
