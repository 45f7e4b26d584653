import { ShapeError } from "../errors.ts";
import { equal, mul, sub } from "./elementwise.ts";
import { emitFusedMatMul } from "./fused-matmul.ts";
import { matmul } from "./products.ts";
import { reshape, sum, transpose } from "./shapes.ts";
import { apply, describe, expectRank, type OpRule, type Tensor } from "./tensor.ts";

type AttentionAttributes = { scale: number; batch: number };

const attentionRule: OpRule<AttentionAttributes> = {
  name: "attention",
  infer: ([q, k, v, mask], { batch }) => {
    for (const tensor of [q, k, v]) expectRank("attention", tensor!, 3);
    const [time, groups, headDim] = q!.shape as [number, number, number];
    const keys = k!.shape[0]!;
    const fits =
      [k, v].every(
        (x) => x!.shape[0] === keys && x!.shape[1] === groups && x!.shape[2] === headDim,
      ) && groups % batch === 0;
    if (!fits) {
      throw new ShapeError(
        `attention: expected q [time, batch * heads, headDim] and k, v [keys, batch * heads, headDim] with batch ${batch}, got ${describe(q!)}, ${describe(k!)}, ${describe(v!)}`,
      );
    }
    const isShared = mask!.shape.length === 2;
    const expected = isShared ? [time, keys] : [batch, 1, time, keys];
    if (mask!.shape.length !== expected.length || expected.some((n, i) => n !== mask!.shape[i])) {
      throw new ShapeError(
        `attention: expected a mask [${time}, ${keys}] or [${batch}, 1, ${time}, ${keys}], got ${describe(mask!)}`,
      );
    }
    return [
      { dtype: q!.dtype, shape: q!.shape },
      { dtype: q!.dtype, shape: [groups, time, keys] },
    ];
  },
  emit: (emitter, [q, k, v, mask], { inputs, attributes: { scale, batch } }) => {
    const [time, groups] = inputs[0]!.shape as [number, number];
    const keys = inputs[1]!.shape[0]!;
    const reshape = (value: string, shape: readonly number[]) =>
      emitter.node("Reshape", [value, emitter.constant("int64", shape, [shape.length])]);
    const scores = emitFusedMatMul(emitter, [q!, k!], {
      like: inputs[0]!,
      transBatchA: 1,
      transBatchB: 1,
      transB: 1,
      alpha: { float: scale },
    });
    const isShared = inputs[3]!.shape.length === 2;
    const blocks = isShared ? scores : reshape(scores, [batch, groups / batch, time, keys]);
    const masked = emitter.node("Add", [blocks, mask!]);
    const weights = emitter.node("Softmax", [masked], { axis: -1 });
    const probabilities = isShared ? weights : reshape(weights, [groups, time, keys]);
    const mixed = emitFusedMatMul(emitter, [probabilities, v!], {
      like: inputs[2]!,
      transBatchB: 1,
    });
    return [emitter.node("Transpose", [mixed], { perm: [1, 0, 2] }), probabilities];
  },
  // With P the probabilities: dS = P (dP - rowsum(dO O)); the row sum is taken before the products.
  grad: ({ inputs: [q, k, v], outputs: [out, p], attributes: { scale } }, [dOut]) => {
    const batchFirst = (x: Tensor) => transpose(x, [1, 0, 2]);
    const rowSums = batchFirst(sum(mul(dOut!, out!), [-1], true));
    const dP = matmul(dOut!, v!, { batchSecondA: true, batchSecondB: true, transposeB: true });
    const dS = mul(p!, sub(dP, rowSums));
    const dQ = matmul(dS, k!, { batchSecondB: true, scale });
    const dK = matmul(dS, q!, { transposeA: true, batchSecondB: true, scale });
    const dV = matmul(p!, dOut!, { transposeA: true, batchSecondB: true });
    return [batchFirst(dQ), batchFirst(dK), batchFirst(dV), undefined];
  },
};

/** Rules of attention. */
export const attentions = { attention: attentionRule } as const;

/**
 * Scaled dot-product attention over time-major heads: softmax(scale q k^T + mask) v.
 *
 * Time-major rows make heads a plain reshape: [time * batch, heads * headDim] is
 * [time, batch * heads, headDim].
 *
 * @param heads - q [time, batch * heads, headDim]; k, v [keys, batch * heads, headDim]
 * @param mask - added to the scores: [time, keys], or one for each sequence, [batch, 1, time, keys]
 * @returns [time, batch * heads, headDim]
 * @throws {ShapeError} when the shapes disagree
 * @see Vaswani et al. 2017, eq. 1, arXiv 1706.03762
 */
export function attention(
  heads: { readonly q: Tensor; readonly k: Tensor; readonly v: Tensor },
  mask: Tensor,
  options: { readonly scale: number; readonly batch: number },
): Tensor {
  return apply(attentions.attention, [heads.q, heads.k, heads.v, mask], { ...options });
}

/** What is added to the score of a position that may not be seen. */
export const maskedScore = -1e30;

/**
 * Which positions of a sequence belong together: those with equal numbers.
 *
 * @param groups - [batch, time], of any type
 * @returns [batch, 1, time, time], bool
 */
export function isSameGroup(groups: Tensor): Tensor {
  const [batch, time] = groups.shape as [number, number];
  return equal(reshape(groups, [batch, 1, time, 1]), reshape(groups, [batch, 1, 1, time]));
}

/**
 * Mask under which each position sees itself and those before it.
 *
 * @returns [time, time], row-major: 0 or `maskedScore`
 */
export function causalMask(time: number): Float32Array {
  return Float32Array.from({ length: time * time }, (_, index) =>
    index % time <= Math.floor(index / time) ? 0 : maskedScore,
  );
}
