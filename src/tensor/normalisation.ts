import { ShapeError } from "../errors.ts";
import { elementCount } from "./dtype.ts";
import { exp, mul, sub } from "./elementwise.ts";
import { matmul, outerSum } from "./products.ts";
import { reshape, sum } from "./shapes.ts";
import {
  apply,
  describe,
  type Emitter,
  expectRank,
  type OpRule,
  resolveAxis,
  type Tensor,
} from "./tensor.ts";

const softmaxRule: OpRule<{ axis: number }> = {
  name: "softmax",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: (emitter, names, { inputs, attributes: { axis } }) => {
    // WebGPU's kernel refuses an empty tensor
    const isNothing = emitter.device === "webgpu" && elementCount(inputs[0]!.shape) === 0;
    return [isNothing ? emitter.node("Identity", names) : emitter.node("Softmax", names, { axis })];
  },
  grad: ({ outputs: [y], attributes: { axis } }, [dOut]) => [
    mul(y!, sub(dOut!, sum(mul(dOut!, y!), [axis], true))),
  ],
};

const logSoftmaxRule: OpRule<{ axis: number }> = {
  name: "logSoftmax",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: (emitter, inputs, { attributes: { axis } }) => [
    emitter.device === "webgpu"
      ? emitLogSoftmax(emitter, inputs[0]!, axis)
      : emitter.node("LogSoftmax", inputs, { axis }),
  ],
  grad: ({ outputs: [y], attributes: { axis } }, [dOut]) => [
    sub(dOut!, mul(exp(y!), sum(dOut!, [axis], true))),
  ],
};

/** `LogSoftmax` in steps: WebGPU has no kernel for it. */
function emitLogSoftmax(emitter: Emitter, x: string, axis: number): string {
  const axes = emitter.constant("int64", [axis], [1]);
  const shifted = emitter.node("Sub", [x, emitter.node("ReduceMax", [x, axes])]);
  const total = emitter.node("ReduceSum", [emitter.node("Exp", [shifted]), axes]);
  return emitter.node("Sub", [shifted, emitter.node("Log", [total])]);
}

const rmsNormRule: OpRule<{ epsilon: number }> = {
  name: "rmsNorm",
  infer: ([x, weight]) => {
    expectRank("rmsNorm", x!, 2);
    if (weight!.shape.length !== 1 || weight!.shape[0] !== x!.shape[1]) {
      throw new ShapeError(
        `rmsNorm: expected x [rows, n] and weight [n], got ${describe(x!)} and ${describe(weight!)}`,
      );
    }
    return [
      { dtype: x!.dtype, shape: x!.shape },
      { dtype: x!.dtype, shape: [x!.shape[0]!, 1] },
    ];
  },
  emit: (emitter, inputs, node) => {
    const { epsilon } = node.attributes;
    // on WebGPU the kernel of ONNX Runtime 1.30 writes a wrong second output
    const isApart = emitter.device === "webgpu" && emitter.isUsed(1);
    const outputs = emitter.outputs("SimplifiedLayerNormalization", inputs, {
      attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
      wanted: [true, emitter.isUsed(1) && !isApart],
    });
    if (!isApart) return outputs;
    const shift = emitter.constant(node.inputs[0]!.dtype, [epsilon], []);
    return [outputs[0]!, inverseRootMeanSquare(emitter, inputs[0]!, shift)];
  },
  // With r the inverse root mean square and g = dOut x: dweight = r^T g, and
  // dx = r (dOut weight) - x r^3 (g . weight) / n; both sums are matrix products.
  grad: ({ inputs: [x, weight], outputs: [, inverse] }, [dOut]) => {
    const n = x!.shape[1]!;
    const g = mul(dOut!, x!);
    const projected = matmul(g, reshape(weight!, [n, 1]), { scale: 1 / n });
    const cube = mul(mul(inverse!, inverse!), mul(inverse!, projected));
    const dx = sub(mul(mul(dOut!, weight!), inverse!), mul(x!, cube));
    return [dx, reshape(outerSum(inverse!, g), [n])];
  },
};

function inverseRootMeanSquare(emitter: Emitter, x: string, shift: string): string {
  const squares = emitter.node("Mul", [x, x]);
  const means = emitter.node("ReduceMean", [squares, emitter.constant("int64", [-1], [1])]);
  const shifted = emitter.node("Add", [means, shift]);
  return emitter.node("Reciprocal", [emitter.node("Sqrt", [shifted])]);
}

/** Rules of the normalisations. */
export const normalisation = {
  softmax: softmaxRule,
  logSoftmax: logSoftmaxRule,
  rmsNorm: rmsNormRule,
} as const;

/** Exponentials that sum to 1 along an axis (the last unless given). */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply(normalisation.softmax, [x], { axis: resolveAxis("softmax", axis, x.shape.length) });
}

/** Logarithm of `softmax`, without its underflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const resolved = resolveAxis("logSoftmax", axis, x.shape.length);
  return apply(normalisation.logSoftmax, [x], { axis: resolved });
}

/**
 * Root-mean-square normalisation of rows: x / sqrt(mean(x^2) + epsilon) weight.
 *
 * @param x - [rows, n]
 * @param weight - [n]
 * @throws {ShapeError} when the shapes disagree
 * @see arXiv 1910.07467
 */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  return apply(normalisation.rmsNorm, [x, weight], { epsilon });
}
