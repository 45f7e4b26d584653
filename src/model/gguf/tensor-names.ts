import type { ModelConfig } from "../config.ts";
import { decoderBlockNames } from "../parameters.ts";

/** What a tensor is called, and how many heads its rows are turned in; 0: its rows are as here. */
export interface GgufName {
  /** As in the file. */
  readonly stored: string;
  readonly turnedHeads: number;
}

/**
 * The name that a Llama's GGUF file has for each parameter, by Hugging Face name. The rows of queries
 * and keys are in another order there (`rowsOfHeads`).
 *
 * @see llama.cpp, llama-arch.cpp
 */
export function ggufNames(config: ModelConfig): ReadonlyMap<string, GgufName> {
  const names = new Map<string, GgufName>();
  const add = (name: string, stored: string, turnedHeads = 0) =>
    names.set(`${name}.weight`, { stored: `${stored}.weight`, turnedHeads });
  add("model.embed_tokens", "token_embd");
  for (let layer = 0; layer < config.layers; layer++) {
    const block = decoderBlockNames(layer);
    add(block.attentionNorm, `blk.${layer}.attn_norm`);
    add(block.query, `blk.${layer}.attn_q`, config.heads);
    add(block.key, `blk.${layer}.attn_k`, config.kvHeads);
    add(block.value, `blk.${layer}.attn_v`);
    add(block.output, `blk.${layer}.attn_output`);
    add(block.mlpNorm, `blk.${layer}.ffn_norm`);
    add(block.gate, `blk.${layer}.ffn_gate`);
    add(block.up, `blk.${layer}.ffn_up`);
    add(block.down, `blk.${layer}.ffn_down`);
  }
  add("model.norm", "output_norm");
  add("lm_head", "output");
  return names;
}

/**
 * Where the rows of a projection to heads are in a file, whose RoPE turns neighbouring rows: row
 * `half * headDim / 2 + i` of a head here is row `2 * i + half` of it there.
 *
 * @returns for each row here its row in the file
 */
export function rowsOfHeads(heads: number, headDim: number): Int32Array {
  return Int32Array.from({ length: heads * headDim }, (_, row) => {
    const inHead = row % headDim;
    const half = inHead < headDim / 2 ? 0 : 1;
    return row - inHead + 2 * (inHead - (half * headDim) / 2) + half;
  });
}
