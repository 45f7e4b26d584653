import { ShapeError } from "../errors.ts";
import { applyAll, describe, type OpRule, type Tensor } from "./tensor.ts";

type CachedAttentionAttributes = { heads: number; kvHeads: number; scale: number };

/** What headDim must be a multiple of: the CPU kernel of ONNX Runtime 1.30 rotates whole groups of 8 pairs. */
export const headDimMultiple = 16;

const cachedAttentionRule: OpRule<CachedAttentionAttributes> = {
  name: "cachedAttention",
  infer: (inputs, { heads, kvHeads }) => {
    const [q, k, v, keys, values, lengths, longest, cos, sin] = inputs as CachedAttentionInputs;
    const [slots, , , headDim] = keys.shape as [number, number, number, number];
    const [rows] = q.shape as [number];
    const expected: readonly (readonly [Tensor, readonly number[]])[] = [
      [q, [rows, heads * headDim]],
      [k, [rows, kvHeads * headDim]],
      [v, [rows, kvHeads * headDim]],
      [keys, [slots, kvHeads, keys.shape[2]!, headDim]],
      [values, keys.shape],
      [lengths, [slots]],
      [longest, []],
      [cos, [cos.shape[0]!, headDim / 2]],
      [sin, cos.shape],
    ];
    const fits = expected.every(([{ shape }, sizes]) => shape.join() === sizes.join());
    if (!fits || rows % slots !== 0) {
      throw new ShapeError(
        `cachedAttention: expected q [slots * time, ${heads} heads * headDim], k and v [slots * time, ${kvHeads} heads * headDim], a cache [slots, ${kvHeads}, capacity, headDim] twice, lengths [slots], longest [] and tables [positions, headDim / 2], got ${inputs.map(describe).join(", ")}`,
      );
    }
    if (headDim % headDimMultiple !== 0) {
      throw new ShapeError(
        `cachedAttention: expected a headDim that is a multiple of ${headDimMultiple}, got ${headDim}`,
      );
    }
    if (rows !== slots && slots !== 1) {
      throw new ShapeError(
        `cachedAttention: expected one row for each slot, or one slot, got ${rows} rows for ${slots} slots`,
      );
    }
    return [q, keys, values].map(({ dtype, shape }) => ({ dtype, shape }));
  },
  emit: (emitter, names, { inputs, attributes: { heads, kvHeads, scale } }) => {
    const [q, , , keys] = inputs as CachedAttentionInputs;
    const [rows, width] = q.shape as [number, number];
    const slots = keys.shape[0]!;
    const reshape = (value: string, shape: readonly number[]) =>
      emitter.node("Reshape", [value, emitter.constant("int64", shape, [shape.length])]);
    const [queries, newKeys, newValues] = names
      .slice(0, 3)
      .map((name) => reshape(name, [slots, rows / slots, -1]));
    const [mixed, presentKeys, presentValues] = emitter.outputs(
      "com.microsoft.GroupQueryAttention",
      [queries!, newKeys!, newValues!, ...names.slice(3)],
      {
        attributes: {
          num_heads: heads,
          kv_num_heads: kvHeads,
          scale: { float: scale },
          do_rotary: 1,
        },
        wanted: [true, true, true],
      },
    );
    return [reshape(mixed!, [rows, width]), presentKeys!, presentValues!];
  },
};

type CachedAttentionInputs = readonly [
  q: Tensor,
  k: Tensor,
  v: Tensor,
  keys: Tensor,
  values: Tensor,
  lengths: Tensor,
  longest: Tensor,
  cos: Tensor,
  sin: Tensor,
];

/** Rules of the family that attends to what earlier runs left in a cache. */
export const cachedAttentions = { cachedAttention: cachedAttentionRule } as const;

/** Keys and values of the positions seen so far, [slots, kvHeads, capacity, headDim] each. */
export interface KeyValueCache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Where the new rows stand. */
export interface CachePosition {
  /** [slots] int32: each slot's positions with the new ones, minus 1. */
  readonly lengths: Tensor;
  /** [] int32: the largest of `lengths` plus 1; at most the capacity. */
  readonly longest: Tensor;
  /** cos and sin [positions, headDim / 2] of at least `longest` positions. */
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * Causal attention of new rows to a cache and to each other, for inference: no gradient flows.
 * Queries and keys are rotated to their position (half-split form) and keys and values are written
 * to the cache behind what it holds. With a cache bound to the same memory as input and output
 * nothing else is copied, so that the cost does not grow with the capacity.
 *
 * @param rows - q [slots * time, heads * headDim], k and v [slots * time, kvHeads * headDim],
 *   slot by slot; headDim a multiple of 16. With more than one row a slot there is one slot.
 * @param options.heads - query heads; a multiple of the cache's heads
 * @returns mixed [slots * time, heads * headDim] and the cache as it is afterwards
 * @throws {ShapeError} when the shapes disagree
 * @see GQA: arXiv 2305.13245; com.microsoft.GroupQueryAttention of ONNX Runtime
 */
export function cachedAttention(
  rows: { readonly q: Tensor; readonly k: Tensor; readonly v: Tensor },
  cache: KeyValueCache,
  options: CachePosition & { readonly heads: number },
): { readonly mixed: Tensor; readonly cache: KeyValueCache } {
  const { lengths, longest, cos, sin, heads } = options;
  const [, kvHeads = 0, , headDim = 0] = cache.keys.shape;
  const [mixed, keys, values] = applyAll(
    cachedAttentions.cachedAttention,
    [rows.q, rows.k, rows.v, cache.keys, cache.values, lengths, longest, cos, sin],
    { heads, kvHeads, scale: headDim ** -0.5 },
  ) as [Tensor, Tensor, Tensor];
  return { mixed, cache: { keys, values } };
}
