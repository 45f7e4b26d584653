import { ShapeError } from "../errors.ts";
import { elementCount } from "./dtype.ts";
import { cast, div, equal, mul } from "./elementwise.ts";
import { expandReduced, reducedShape, resolveAxes, sum } from "./shapes.ts";
import { apply, describe, type Emitter, type OpRule, scalar, type Tensor } from "./tensor.ts";

type Reduction = { axes: readonly number[]; keepAxes: boolean };

function emitReduction(opType: string) {
  return (emitter: Emitter, [x]: readonly string[], { attributes }: { attributes: Reduction }) => [
    emitter.node(
      opType,
      [x!, emitter.constant("int64", attributes.axes, [attributes.axes.length])],
      {
        keepdims: attributes.keepAxes ? 1 : 0,
        noop_with_empty_axes: 1,
      },
    ),
  ];
}

function inferReduction([x]: readonly Tensor[], { axes, keepAxes }: Reduction) {
  return [{ dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepAxes) }];
}

const reducedCount = (x: Tensor, axes: readonly number[]): number =>
  elementCount(axes.map((axis) => x.shape[axis]!));

const meanRule: OpRule<Reduction> = {
  name: "mean",
  infer: ([x], attributes) => {
    if (reducedCount(x!, attributes.axes) === 0) {
      throw new ShapeError(`mean: expected at least one element to average, got ${describe(x!)}`);
    }
    return inferReduction([x!], attributes);
  },
  emit: emitReduction("ReduceMean"),
  grad: ({ inputs, attributes: { axes } }, [dOut]) => {
    const x = inputs[0]!;
    const share = scalar(1 / reducedCount(x, axes), x.dtype);
    return [expandReduced(mul(dOut!, share), x.shape, axes)];
  },
};

const maxRule: OpRule<Reduction> = {
  name: "max",
  infer: ([x], attributes) => {
    if (reducedCount(x!, attributes.axes) === 0) {
      throw new ShapeError(`max: expected at least one element to compare, got ${describe(x!)}`);
    }
    return inferReduction([x!], attributes);
  },
  emit: emitReduction("ReduceMax"),
  // ties share the gradient evenly
  grad: ({ inputs, outputs, attributes: { axes } }, [dOut]) => {
    const x = inputs[0]!;
    const isMax = cast(equal(x, expandReduced(outputs[0]!, x.shape, axes)), x.dtype);
    const share = div(isMax, expandReduced(sum(isMax, axes), x.shape, axes));
    return [mul(expandReduced(dOut!, x.shape, axes), share)];
  },
};

const sumOfSquaresRule: OpRule<Reduction> = {
  name: "sumOfSquares",
  infer: inferReduction,
  emit: (emitter, [x], node) => {
    // on WebGPU the kernel of ONNX Runtime 1.30 does not square where the axes have one element
    if (emitter.device !== "webgpu") return emitReduction("ReduceSumSquare")(emitter, [x!], node);
    return emitReduction("ReduceSum")(emitter, [emitter.node("Mul", [x!, x!])], node);
  },
  grad: ({ inputs, attributes: { axes } }, [dOut]) => {
    const x = inputs[0]!;
    return [mul(expandReduced(mul(dOut!, scalar(2, x.dtype)), x.shape, axes), x)];
  },
};

/** Rules of the reductions that are not plain sums. */
export const reductions = { mean: meanRule, max: maxRule, sumOfSquares: sumOfSquaresRule } as const;

/** Mean over axes (all when left out). @throws {ShapeError} when there is nothing to average */
export function mean(x: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
  return apply(reductions.mean, [x], { axes: resolveAxes("mean", x, axes), keepAxes });
}

/** Largest element over axes (all when left out). @throws {ShapeError} when there is none */
export function max(x: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
  return apply(reductions.max, [x], { axes: resolveAxes("max", x, axes), keepAxes });
}

/** Sum of squared elements over axes (all when left out). */
export function sumOfSquares(x: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
  return apply(reductions.sumOfSquares, [x], {
    axes: resolveAxes("sumOfSquares", x, axes),
    keepAxes,
  });
}
