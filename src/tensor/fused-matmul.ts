import type { Emitter, Tensor } from "./tensor.ts";

/** Attributes of com.microsoft.FusedMatMul; a flag that is left out is 0, `alpha` is 1. */
export type FusedMatMul = {
  readonly transA?: number;
  readonly transB?: number;
  /** Exchanges the first two of three axes, before `transA`. */
  readonly transBatchA?: number;
  readonly transBatchB?: number;
  readonly alpha?: { readonly float: number };
};

/**
 * Emits a product of matrices that are read transposed or scaled, as one node. WebGPU has no kernel
 * for it: there matrices take a `Gemm`, which needs no transposed copy of a layer's weights, and
 * batches of matrices are transposed first.
 *
 * @param like - a tensor of the operands' element type and number of axes
 * @returns the product's name
 */
export function emitFusedMatMul(
  emitter: Emitter,
  operands: readonly string[],
  { like, ...attributes }: FusedMatMul & { readonly like: Tensor },
): string {
  if (emitter.device !== "webgpu") {
    return emitter.node("com.microsoft.FusedMatMul", operands, attributes);
  }
  const { transA = 0, transB = 0, transBatchA = 0, transBatchB = 0, alpha } = attributes;
  const rank = like.shape.length;
  if (rank === 2) {
    return emitter.node("Gemm", operands, { transA, transB, alpha: alpha ?? { float: 1 } });
  }
  const a = emitOperand(emitter, operands[0]!, readOrder(rank, transA, transBatchA));
  const b = emitOperand(emitter, operands[1]!, readOrder(rank, transB, transBatchB));
  const product = emitter.node("MatMul", [a, b]);
  if (alpha === undefined || alpha.float === 1) return product;
  return emitter.node("Mul", [product, emitter.constant(like.dtype, [alpha.float], [])]);
}

function readOrder(rank: number, isTransposed: number, isBatchSecond: number): number[] {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  if (isBatchSecond) order.unshift(...order.splice(1, 1));
  if (isTransposed) order.push(...order.splice(-2).reverse());
  return order;
}

function emitOperand(emitter: Emitter, x: string, order: readonly number[]): string {
  const isInOrder = order.every((axis, index) => axis === index);
  return isInOrder ? x : emitter.node("Transpose", [x], { perm: order });
}
