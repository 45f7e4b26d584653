import { ShapeError } from "../errors.ts";
import { elementCount } from "./dtype.ts";
import {
  apply,
  describe,
  type Emitter,
  type OpRule,
  resolveAxis,
  type Shape,
  type Tensor,
} from "./tensor.ts";

const int64s = (emitter: Emitter, values: readonly number[]): string =>
  emitter.constant("int64", values, [values.length]);

const reshapeRule: OpRule<{ shape: Shape }> = {
  name: "reshape",
  infer: ([x], { shape }) => {
    if (elementCount(shape) !== elementCount(x!.shape)) {
      throw new ShapeError(
        `reshape: expected a shape of ${elementCount(x!.shape)} elements for ${describe(x!)}, got [${shape}]`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  emit: (emitter, [x], { attributes }) => [
    emitter.node("Reshape", [x!, int64s(emitter, attributes.shape)], { allowzero: 1 }),
  ],
  grad: ({ inputs }, [dOut]) => [reshape(dOut!, inputs[0]!.shape)],
};

const transposeRule: OpRule<{ axes: readonly number[] }> = {
  name: "transpose",
  infer: ([x], { axes }) => {
    const sorted = [...axes].sort((a, b) => a - b);
    if (axes.length !== x!.shape.length || sorted.some((axis, index) => axis !== index)) {
      throw new ShapeError(
        `transpose: expected an order of all axes of ${describe(x!)}, got [${axes}]`,
      );
    }
    return [{ dtype: x!.dtype, shape: axes.map((axis) => x!.shape[axis]!) }];
  },
  emit: (emitter, inputs, { attributes }) => [
    emitter.node("Transpose", inputs, { perm: attributes.axes }),
  ],
  grad: ({ attributes: { axes } }, [dOut]) => {
    const inverse = axes.map((_, axis) => axes.indexOf(axis));
    return [transpose(dOut!, inverse)];
  },
};

const expandRule: OpRule<{ shape: Shape }> = {
  name: "expand",
  infer: ([x], { shape }) => {
    const offset = shape.length - x!.shape.length;
    if (offset < 0 || x!.shape.some((size, axis) => size !== 1 && size !== shape[axis + offset])) {
      throw new ShapeError(
        `expand: expected a shape that ${describe(x!)} stretches to, got [${shape}]`,
      );
    }
    return [{ dtype: x!.dtype, shape }];
  },
  emit: (emitter, [x], { attributes }) => [
    emitter.node("Expand", [x!, int64s(emitter, attributes.shape)]),
  ],
  grad: ({ inputs }, [dOut]) => [sumTo(dOut!, inputs[0]!.shape)],
};

const sumRule: OpRule<{ axes: readonly number[]; keepAxes: boolean }> = {
  name: "sum",
  infer: ([x], { axes, keepAxes }) => [
    { dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepAxes) },
  ],
  emit: (emitter, [x], { attributes: { axes, keepAxes } }) => [
    emitter.node("ReduceSum", [x!, int64s(emitter, axes)], {
      keepdims: keepAxes ? 1 : 0,
      noop_with_empty_axes: 1,
    }),
  ],
  grad: ({ inputs, attributes: { axes } }, [dOut]) => [
    expandReduced(dOut!, inputs[0]!.shape, axes),
  ],
};

const sliceRule: OpRule<{ starts: readonly number[]; ends: readonly number[] }> = {
  name: "slice",
  infer: ([x], { starts, ends }) => {
    const { shape } = x!;
    const fits =
      starts.length === shape.length &&
      ends.length === shape.length &&
      shape.every((size, axis) => {
        const [start, end] = [starts[axis]!, ends[axis]!];
        return start >= 0 && start <= end && end <= size;
      });
    if (!fits) {
      throw new ShapeError(
        `slice: expected 0 <= start <= end <= size on every axis of ${describe(x!)}, got [${starts}] to [${ends}]`,
      );
    }
    return [{ dtype: x!.dtype, shape: ends.map((end, axis) => end - starts[axis]!) }];
  },
  emit: (emitter, [x], { attributes: { starts, ends } }) => [
    emitter.node("Slice", [x!, int64s(emitter, starts), int64s(emitter, ends)]),
  ],
  grad: ({ inputs, attributes: { starts, ends } }, [dOut]) => [
    pad(
      dOut!,
      starts,
      ends.map((end, axis) => inputs[0]!.shape[axis]! - end),
    ),
  ],
};

const padRule: OpRule<{ before: readonly number[]; after: readonly number[] }> = {
  name: "pad",
  infer: ([x], { before, after }) => {
    const { shape, dtype } = x!;
    if ([before, after].some((p) => p.length !== shape.length || p.some((size) => size < 0))) {
      throw new ShapeError(
        `pad: expected sizes >= 0 for every axis of ${describe(x!)}, got [${before}] and [${after}]`,
      );
    }
    return [{ dtype, shape: shape.map((size, axis) => before[axis]! + size + after[axis]!) }];
  },
  emit: (emitter, [x], { attributes: { before, after } }) => [
    emitter.node("Pad", [x!, int64s(emitter, [...before, ...after])]),
  ],
  grad: ({ inputs, attributes: { before } }, [dOut]) => [
    slice(
      dOut!,
      before,
      before.map((start, axis) => start + inputs[0]!.shape[axis]!),
    ),
  ],
};

const concatRule: OpRule<{ axis: number }> = {
  name: "concat",
  infer: (inputs, { axis }) => {
    const [first] = inputs as [Tensor];
    const fits = inputs.every(
      ({ shape, dtype }) =>
        dtype === first.dtype &&
        shape.length === first.shape.length &&
        shape.every((size, other) => other === axis || size === first.shape[other]),
    );
    if (!fits) {
      throw new ShapeError(
        `concat: expected tensors that differ on axis ${axis} alone, got ${inputs.map(describe).join(", ")}`,
      );
    }
    const total = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    return [
      {
        dtype: first.dtype,
        shape: first.shape.map((size, other) => (other === axis ? total : size)),
      },
    ];
  },
  emit: (emitter, inputs, { attributes }) => [
    emitter.node("Concat", inputs, { axis: attributes.axis }),
  ],
  grad: ({ inputs, attributes: { axis } }, [dOut]) => {
    let start = 0;
    return inputs.map(({ shape }) => {
      const part = sliceAxis(dOut!, axis, start, start + shape[axis]!);
      start += shape[axis]!;
      return part;
    });
  },
};

/** Rules of the family that only moves or adds up elements: their gradients are each other. */
export const shapes = {
  reshape: reshapeRule,
  transpose: transposeRule,
  expand: expandRule,
  sum: sumRule,
  slice: sliceRule,
  pad: padRule,
  concat: concatRule,
} as const;

/**
 * Shape after a reduction.
 *
 * @param axes - resolved axes
 */
export function reducedShape(shape: Shape, axes: readonly number[], keepAxes: boolean): Shape {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return keepAxes ? kept : kept.filter((_, axis) => !axes.includes(axis));
}

/** Stretches a reduced tensor back over the axes that a reduction of `shape` removed. */
export function expandReduced(x: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return expand(reshape(x, reducedShape(shape, axes, true)), shape);
}

/** The same elements, row-major, under another shape. @throws {ShapeError} when the counts differ */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const isSame = shape.length === x.shape.length && shape.every((size, i) => size === x.shape[i]);
  return isSame ? x : apply(shapes.reshape, [x], { shape });
}

/** Axes in another order: axis i of the result is axis `axes[i]` of x. */
export function transpose(x: Tensor, axes: readonly number[]): Tensor {
  return apply(shapes.transpose, [x], { axes });
}

/** Copies along axes of size 1 (and new axes in front) until the shape is reached. */
export function expand(x: Tensor, shape: Shape): Tensor {
  const isSame = shape.length === x.shape.length && shape.every((size, i) => size === x.shape[i]);
  return isSame ? x : apply(shapes.expand, [x], { shape });
}

/**
 * Sum over axes.
 *
 * @param axes - all axes when left out; negative ones count from the end
 * @param keepAxes - keep the summed axes with size 1
 */
export function sum(x: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
  return apply(shapes.sum, [x], { axes: resolveAxes("sum", x, axes), keepAxes });
}

/**
 * Reduction axes counted from the front, in ascending order; all axes when undefined.
 *
 * @throws {ShapeError} when there is no such axis or one is given twice
 */
export function resolveAxes(op: string, x: Tensor, axes?: readonly number[]): readonly number[] {
  if (axes === undefined) return x.shape.map((_, axis) => axis);
  const resolved = axes.map((axis) => resolveAxis(op, axis, x.shape.length)).sort((a, b) => a - b);
  if (new Set(resolved).size < axes.length) {
    throw new ShapeError(`${op}: expected each axis of ${describe(x)} once, got [${axes}]`);
  }
  return resolved;
}

/** The part from `starts` up to, not including, `ends`, on every axis. */
export function slice(x: Tensor, starts: readonly number[], ends: readonly number[]): Tensor {
  return apply(shapes.slice, [x], { starts, ends });
}

/** The part of one axis from `start` up to, not including, `end`. */
export function sliceAxis(x: Tensor, axis: number, start: number, end: number): Tensor {
  const resolved = resolveAxis("sliceAxis", axis, x.shape.length);
  return slice(
    x,
    x.shape.map((_, other) => (other === resolved ? start : 0)),
    x.shape.map((size, other) => (other === resolved ? end : size)),
  );
}

/** Zeros added before and after, on every axis. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  return apply(shapes.pad, [x], { before, after });
}

/** Tensors one after the other along an axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new ShapeError("concat: expected at least one tensor, got none");
  const resolved = resolveAxis("concat", axis, first.shape.length);
  return tensors.length === 1 ? first : apply(shapes.concat, tensors, { axis: resolved });
}

/** Sums the axes along which `shape` was stretched: the gradient of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const offset = x.shape.length - shape.length;
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < offset || (shape[axis - offset] === 1 && x.shape[axis] !== 1));
  return reshape(axes.length === 0 ? x : sum(x, axes, true), shape);
}
