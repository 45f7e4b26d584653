import { ShapeError } from "../errors.ts";
import { cast, lessOrEqual, maximum, mul, neg } from "./elementwise.ts";
import { emitFusedMatMul } from "./fused-matmul.ts";
import { expectIds, pick } from "./indexing.ts";
import { logSoftmax } from "./normalisation.ts";
import { matmul, outerSum } from "./products.ts";
import { reshape } from "./shapes.ts";
import { apply, describe, expectRank, type OpRule, scalar, type Tensor } from "./tensor.ts";

type NoAttributes = Record<string, never>;

/** The target of a position whose loss and gradient are zero. */
export const ignoredTarget = -1;

const linearCrossEntropyRule: OpRule<NoAttributes> = {
  name: "linearCrossEntropy",
  infer: ([x, weight, targets]) => {
    expectRank("linearCrossEntropy", x!, 2);
    expectRank("linearCrossEntropy", weight!, 2);
    expectIds("linearCrossEntropy", targets!);
    const rows = x!.shape[0]!;
    if (
      x!.shape[1] !== weight!.shape[1] ||
      x!.dtype !== weight!.dtype ||
      targets!.shape.length !== 1 ||
      targets!.shape[0] !== rows
    ) {
      throw new ShapeError(
        `linearCrossEntropy: expected x [rows, n] and weight [classes, n] of one type and targets [rows], got ${describe(x!)}, ${describe(weight!)}, ${describe(targets!)}`,
      );
    }
    return [
      { dtype: x!.dtype, shape: [rows] },
      { dtype: x!.dtype, shape: [rows, weight!.shape[0]!] },
    ];
  },
  emit: (emitter, [x, weight, targets], { inputs }) => {
    const logits = emitFusedMatMul(emitter, [x!, weight!], { like: inputs[0]!, transB: 1 });
    const probabilities = emitter.node("Softmax", [logits], { axis: -1 });
    const axis = emitter.constant("int64", [1], [1]);
    const columns = emitter.node("Unsqueeze", [targets!, axis]);
    const chosen = emitter.node("GatherElements", [probabilities, columns], { axis: 1 });
    // a probability below the smallest normal float counts as that: a loss of 87.3 nats
    const positive = emitter.node("Max", [
      emitter.node("Squeeze", [chosen, axis]),
      emitter.constant("float32", [1.17549435e-38], []),
    ]);
    return [emitter.node("Neg", [emitter.node("Log", [positive])]), probabilities];
  },
  // Row scales commute with both products, so no pass over [rows, classes] is made for them.
  grad: ({ inputs: [x, weight, targets], outputs: [, probabilities] }, [dOut]) => {
    const difference = apply(softmaxMinusTargetRule, [probabilities!, targets!], {});
    const rowScale = reshape(dOut!, [dOut!.shape[0]!, 1]);
    return [
      mul(matmul(difference, weight!), rowScale),
      outerSum(difference, mul(x!, rowScale)),
      undefined,
    ];
  },
};

const softmaxMinusTargetRule: OpRule<NoAttributes> = {
  name: "softmaxMinusTarget",
  infer: ([probabilities]) => [{ dtype: probabilities!.dtype, shape: probabilities!.shape }],
  emit: (emitter, [probabilities, targets]) => {
    const columns = emitter.node("Unsqueeze", [targets!, emitter.constant("int64", [1], [1])]);
    const chosen = emitter.node("GatherElements", [probabilities!, columns], { axis: 1 });
    const updates = emitter.node("Sub", [chosen, emitter.constant("float32", [1], [])]);
    return [emitter.node("ScatterElements", [probabilities!, columns, updates], { axis: 1 })];
  },
};

/** Rules of the losses. */
export const losses = {
  linearCrossEntropy: linearCrossEntropyRule,
  softmaxMinusTarget: softmaxMinusTargetRule,
} as const;

/**
 * Cross-entropy of each row of logits with its target, in nats; 0 where the target is
 * `ignoredTarget`.
 *
 * @param logits - [rows, classes]
 * @param targets - [rows], int32
 * @returns [rows]
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const { valid, isValid } = withoutIgnored(targets, logits);
  return mul(neg(pick(logSoftmax(logits), valid)), isValid);
}

/**
 * `crossEntropy(linear(x, weight), targets)`, at less memory and time: a language model's head and
 * loss.
 *
 * @param x - [rows, n]
 * @param weight - [classes, n]
 * @param targets - [rows], int32; `ignoredTarget` gives loss and gradient 0
 * @returns [rows], in nats
 * @throws {ShapeError} when the shapes disagree
 */
export function linearCrossEntropy(x: Tensor, weight: Tensor, targets: Tensor): Tensor {
  const { valid, isValid } = withoutIgnored(targets, x);
  return mul(apply(losses.linearCrossEntropy, [x, weight, valid], {}), isValid);
}

function withoutIgnored(targets: Tensor, like: Tensor): { valid: Tensor; isValid: Tensor } {
  const zero = scalar(0, targets.dtype);
  return {
    valid: maximum(targets, zero),
    isValid: cast(lessOrEqual(zero, targets), like.dtype),
  };
}
