import type { ModelConfig } from "../model/config.ts";
import type { ParameterTensors } from "../model/decoder.ts";
import {
  type CachePosition,
  cachedAttention,
  type KeyValueCache,
} from "../tensor/cached-attention.ts";
import { add, mul, silu } from "../tensor/elementwise.ts";
import { gather } from "../tensor/indexing.ts";
import { rmsNorm } from "../tensor/normalisation.ts";
import { linear } from "../tensor/products.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** New tokens and what is known of those before them. */
export interface CachedInput {
  /** [slots * time] int32, slot by slot; with time above 1 there is one slot. */
  readonly tokens: Tensor;
  /** One for each layer. */
  readonly caches: readonly KeyValueCache[];
  readonly position: CachePosition;
}

/**
 * The decoder of `model/decoder.ts` for inference: it reads only the new tokens, and everything
 * about the earlier ones from a cache.
 *
 * @returns logits [slots * time, vocabSize] and the caches with the new tokens in them
 */
export function cachedDecoder(
  parameters: ParameterTensors,
  config: ModelConfig,
  { tokens, caches, position }: CachedInput,
): { readonly logits: Tensor; readonly caches: readonly KeyValueCache[] } {
  let rows = gather(parameters["model.embed_tokens.weight"]!, tokens);
  const updated = caches.map((cache, layer) => {
    const norm = (name: string) =>
      rmsNorm(rows, parameters[`model.layers.${layer}.${name}.weight`]!, config.rmsNormEps);
    const project = (name: string, x: Tensor) =>
      linear(x, parameters[`model.layers.${layer}.${name}_proj.weight`]!);
    const x = norm("input_layernorm");
    const heads = {
      q: project("self_attn.q", x),
      k: project("self_attn.k", x),
      v: project("self_attn.v", x),
    };
    const attended = cachedAttention(heads, cache, { ...position, heads: config.heads });
    rows = add(rows, project("self_attn.o", attended.mixed));
    const y = norm("post_attention_layernorm");
    rows = add(rows, project("mlp.down", mul(silu(project("mlp.gate", y)), project("mlp.up", y))));
    return attended.cache;
  });
  const hidden = rmsNorm(rows, parameters["model.norm.weight"]!, config.rmsNormEps);
  return { logits: linear(hidden, parameters["lm_head.weight"]!), caches: updated };
}
