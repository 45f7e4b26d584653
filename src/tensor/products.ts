import { ShapeError } from "../errors.ts";
import { add } from "./elementwise.ts";
import { emitFusedMatMul } from "./fused-matmul.ts";
import { quantisedLinear, quantisedParts } from "./quantised.ts";
import { transpose } from "./shapes.ts";
import {
  apply,
  describe,
  type Emitter,
  expectRank,
  type NodeOf,
  type OpRule,
  type Tensor,
} from "./tensor.ts";

/**
 * How the operands of `matmul` are read. With `batchSecond` the operand is [rows, batch, columns]
 * and read as [batch, rows, columns]; with `transposed` the last two axes are then exchanged.
 */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly batchSecondA?: boolean;
  readonly batchSecondB?: boolean;
  /** Factor on the result, free of cost. */
  readonly scale?: number;
}

type MatmulAttributes = {
  transposeA: boolean;
  transposeB: boolean;
  batchSecondA: boolean;
  batchSecondB: boolean;
  scale: number;
};

function operandShape(x: Tensor, transposed: boolean, batchSecond: boolean): readonly number[] {
  const shape = batchSecond ? [x.shape[1]!, x.shape[0]!, x.shape[2]!] : [...x.shape];
  if (transposed) shape.push(...shape.splice(-2).reverse());
  return shape;
}

function inferMatmul([a, b]: readonly Tensor[], attributes: MatmulAttributes) {
  const { transposeA, transposeB, batchSecondA, batchSecondB } = attributes;
  if (batchSecondA) expectRank("matmul with batchSecondA", a!, 3);
  if (batchSecondB) expectRank("matmul with batchSecondB", b!, 3);
  const left = operandShape(a!, transposeA, batchSecondA);
  const right = operandShape(b!, transposeB, batchSecondB);
  const batchLeft = left.slice(0, -2);
  const fits =
    left.length >= 2 &&
    left.length === right.length &&
    left.at(-1) === right.at(-2) &&
    batchLeft.every((size, axis) => size === right[axis]) &&
    a!.dtype === b!.dtype;
  if (!fits) {
    throw new ShapeError(
      `matmul: expected [..., m, k] x [..., k, n] of one type and batch, got ${a!.dtype}[${left.join(", ")}] x ${b!.dtype}[${right.join(", ")}]`,
    );
  }
  return [{ dtype: a!.dtype, shape: [...batchLeft, left.at(-2)!, right.at(-1)!] }];
}

function emitMatmul(emitter: Emitter, inputs: readonly string[], node: NodeOf<MatmulAttributes>) {
  const { transposeA, transposeB, batchSecondA, batchSecondB, scale } = node.attributes;
  if (!transposeA && !transposeB && !batchSecondA && !batchSecondB && scale === 1) {
    return emitter.node("MatMul", inputs);
  }
  return emitFusedMatMul(emitter, inputs, {
    like: node.inputs[0]!,
    transA: Number(transposeA),
    transB: Number(transposeB),
    transBatchA: Number(batchSecondA),
    transBatchB: Number(batchSecondB),
    alpha: { float: scale },
  });
}

const matmulRule: OpRule<MatmulAttributes> = {
  name: "matmul",
  infer: inferMatmul,
  emit: (emitter, inputs, node) => [emitMatmul(emitter, inputs, node)],
  grad: ({ inputs, attributes }, [dOut]) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const { transposeA, transposeB, batchSecondA, batchSecondB, scale } = attributes;
    const forA = { tensor: dOut!, transposed: false, batchSecond: false };
    const operandA = { tensor: a, transposed: transposeA, batchSecond: batchSecondA };
    const operandB = { tensor: b, transposed: transposeB, batchSecond: batchSecondB };
    const dA = transposeA
      ? product(operandB, flip(forA), scale)
      : product(forA, flip(operandB), scale);
    const dB = transposeB
      ? product(flip(forA), operandA, scale)
      : product(flip(operandA), forA, scale);
    return [restore(dA, batchSecondA), restore(dB, batchSecondB)];
  },
};

interface Operand {
  readonly tensor: Tensor;
  readonly transposed: boolean;
  readonly batchSecond: boolean;
}

const flip = (operand: Operand): Operand => ({ ...operand, transposed: !operand.transposed });

const product = (a: Operand, b: Operand, scale: number): Tensor =>
  matmul(a.tensor, b.tensor, {
    transposeA: a.transposed,
    transposeB: b.transposed,
    batchSecondA: a.batchSecond,
    batchSecondB: b.batchSecond,
    scale,
  });

const restore = (x: Tensor, batchSecond: boolean): Tensor =>
  batchSecond ? transpose(x, [1, 0, 2]) : x;

const linearRule: OpRule<{ scale: number }> = {
  name: "linear",
  infer: ([x, weight]) => {
    expectRank("linear", x!, 2);
    expectRank("linear", weight!, 2);
    if (x!.shape[1] !== weight!.shape[1] || x!.dtype !== weight!.dtype) {
      throw new ShapeError(
        `linear: expected x [rows, in] and weight [out, in] of one type, got ${describe(x!)} and ${describe(weight!)}`,
      );
    }
    return [{ dtype: x!.dtype, shape: [x!.shape[0]!, weight!.shape[0]!] }];
  },
  emit: (emitter, names, { inputs, attributes }) => [
    emitFusedMatMul(emitter, names, {
      like: inputs[0]!,
      transB: 1,
      alpha: { float: attributes.scale },
    }),
  ],
  grad: ({ inputs, attributes: { scale } }, [dOut]) => {
    const [x, weight] = inputs as [Tensor, Tensor];
    return [matmul(dOut!, weight, { scale }), outerSum(dOut!, x, scale)];
  },
};

// The running sum as C of a Gemm costs no pass of its own.
const outerSumRule: OpRule<{ scale: number }> = {
  name: "outerSum",
  infer: ([x, y, sum]) => {
    expectRank("outerSum", x!, 2);
    expectRank("outerSum", y!, 2);
    if (sum !== undefined) expectRank("outerSum", sum, 2);
    const shape = [x!.shape[1]!, y!.shape[1]!];
    const fits =
      x!.shape[0] === y!.shape[0] &&
      x!.dtype === y!.dtype &&
      (sum === undefined ||
        (sum.dtype === x!.dtype && sum.shape.every((size, axis) => size === shape[axis])));
    if (!fits) {
      throw new ShapeError(
        `outerSum: expected x [rows, m], y [rows, n] and a sum [m, n] of one type, got ${describe(x!)}, ${describe(y!)}${sum ? `, ${describe(sum)}` : ""}`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  emit: (emitter, names, { inputs, attributes: { scale } }) => {
    const alpha = { float: scale };
    if (names.length === 3) return [emitter.node("Gemm", names, { transA: 1, alpha })];
    return [emitFusedMatMul(emitter, names, { like: inputs[0]!, transA: 1, alpha })];
  },
  grad: ({ inputs, attributes: { scale } }, [dOut]) => {
    const [x, y, sum] = inputs as [Tensor, Tensor, Tensor | undefined];
    const dX = matmul(y, dOut!, { transposeB: true, scale });
    const dY = matmul(x, dOut!, { scale });
    return sum === undefined ? [dX, dY] : [dX, dY, dOut];
  },
  accumulate: ({ inputs, attributes }, sum) =>
    inputs.length === 2
      ? apply(outerSumRule, [inputs[0]!, inputs[1]!, sum], attributes)
      : add(sum, apply(outerSumRule, inputs, attributes)),
};

/** Rules of the matrix products. */
export const products = { matmul: matmulRule, linear: linearRule, outerSum: outerSumRule } as const;

/**
 * Matrix product over the last two axes; leading axes are equal batches.
 *
 * @param a - [..., m, k], as the options read it
 * @param b - [..., k, n], as the options read it
 * @returns [..., m, n], times `scale`
 * @throws {ShapeError} when the shapes disagree
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  return apply(products.matmul, [a, b], {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
    batchSecondA: options.batchSecondA ?? false,
    batchSecondB: options.batchSecondB ?? false,
    scale: options.scale ?? 1,
  });
}

/**
 * Linear layer without bias: x weight^T, times `scale`.
 *
 * @param x - [rows, in]
 * @param weight - [out, in]; what `dequantise` gives is read as it is stored, by `quantisedLinear`
 * @returns [rows, out]
 * @throws {ShapeError} when the shapes disagree
 */
export function linear(x: Tensor, weight: Tensor, scale = 1): Tensor {
  const parts = quantisedParts(weight);
  if (parts !== undefined && scale === 1) return quantisedLinear(x, parts);
  return apply(products.linear, [x, weight], { scale });
}

/**
 * Sum over rows of the outer products of x's and y's rows, x^T y times `scale`: the gradient of a
 * linear layer's weight.
 *
 * @param x - [rows, m]
 * @param y - [rows, n]
 * @returns [m, n]
 */
export function outerSum(x: Tensor, y: Tensor, scale = 1): Tensor {
  return apply(products.outerSum, [x, y], { scale });
}
