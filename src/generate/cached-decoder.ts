import type { ParameterTensors } from "../model/blocks.ts";
import type { ModelConfig } from "../model/config.ts";
import { type BlocksInput, decoderBlocks } from "../model/decoder-blocks.ts";
import {
  type CachePosition,
  cachedAttention,
  type KeyValueCache,
} from "../tensor/cached-attention.ts";
import { linear } from "../tensor/products.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** New tokens and what is known of those before them. */
export interface CachedInput extends Pick<BlocksInput, "images"> {
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
  { tokens, images, caches, position }: CachedInput,
): { readonly logits: Tensor; readonly caches: readonly KeyValueCache[] } {
  const updated: KeyValueCache[] = [];
  const attend: BlocksInput["attend"] = (heads, layer) => {
    const size = { ...position, heads: config.heads };
    const { mixed, cache } = cachedAttention(heads, caches[layer]!, size);
    updated.push(cache);
    return mixed;
  };
  const hidden = decoderBlocks(parameters, config, { tokens, images, attend });
  return { logits: linear(hidden, parameters["lm_head.weight"]!), caches: updated };
}
