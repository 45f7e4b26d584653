import { ShapeError } from "../errors.ts";
import type { DType } from "./dtype.ts";
import { dtypes } from "./dtype.ts";
import { sumTo } from "./shapes.ts";
import { apply, describe, type OpRule, type Shape, scalar, type Tensor } from "./tensor.ts";

type NoAttributes = Record<string, never>;
type UnaryGrad = (x: Tensor, y: Tensor, dOut: Tensor) => Tensor;
type BinaryGrad = (x: Tensor, y: Tensor, dOut: Tensor) => readonly [Tensor, Tensor];

/**
 * Shape of an elementwise result: axes are aligned at the end, sizes of 1 stretch.
 *
 * @throws {ShapeError} when two sizes differ and neither is 1
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new ShapeError(`${op}: expected shapes that broadcast, got [${a}] and [${b}]`);
    }
    return sizeA === 1 ? sizeB : sizeA;
  });
}

function expectSameType(op: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype) {
    throw new ShapeError(
      `${op}: expected one element type, got ${describe(a)} and ${describe(b)}; use cast`,
    );
  }
}

function unary(name: string, opType: string, grad: UnaryGrad): OpRule<NoAttributes> {
  return {
    name,
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    emit: (emitter, inputs) => [emitter.node(opType, inputs)],
    grad: ({ inputs, outputs }, [dOut]) => [grad(inputs[0]!, outputs[0]!, dOut!)],
  };
}

function binary(name: string, opType: string, grad?: BinaryGrad): OpRule<NoAttributes> {
  return {
    name,
    infer: ([x, y]) => {
      expectSameType(name, x!, y!);
      const dtype = grad === undefined ? "bool" : x!.dtype;
      return [{ dtype, shape: broadcastShapes(name, x!.shape, y!.shape) }];
    },
    emit: (emitter, inputs) => [emitter.node(opType, inputs)],
    ...(grad && {
      grad: ({ inputs }, [dOut]) => {
        const [x, y] = inputs as [Tensor, Tensor];
        const [dx, dy] = grad(x, y, dOut!);
        return [sumTo(dx, x.shape), sumTo(dy, y.shape)];
      },
    }),
  };
}

const whereRule: OpRule<NoAttributes> = {
  name: "where",
  infer: ([condition, x, y]) => {
    if (condition!.dtype !== "bool") {
      throw new ShapeError(`where: expected a bool condition, got ${describe(condition!)}`);
    }
    expectSameType("where", x!, y!);
    const chosen = broadcastShapes("where", x!.shape, y!.shape);
    return [{ dtype: x!.dtype, shape: broadcastShapes("where", condition!.shape, chosen) }];
  },
  emit: (emitter, inputs) => [emitter.node("Where", inputs)],
  grad: ({ inputs }, [dOut]) => {
    const [condition, x, y] = inputs as [Tensor, Tensor, Tensor];
    const zero = scalar(0, dOut!.dtype);
    return [
      undefined,
      sumTo(where(condition, dOut!, zero), x.shape),
      sumTo(where(condition, zero, dOut!), y.shape),
    ];
  },
};

const castRule: OpRule<{ dtype: DType }> = {
  name: "cast",
  infer: ([x], { dtype }) => [{ dtype, shape: x!.shape }],
  emit: (emitter, inputs, { attributes }) => [
    emitter.node("Cast", inputs, { to: dtypes[attributes.dtype].onnx }),
  ],
  grad: ({ inputs }, [dOut]) => [
    inputs[0]!.dtype.startsWith("float") ? cast(dOut!, inputs[0]!.dtype) : undefined,
  ],
};

const siluRule: OpRule<NoAttributes> = {
  name: "silu",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: (emitter, inputs) => [
    emitter.node("com.microsoft.QuickGelu", inputs, { alpha: { float: 1 } }),
  ],
  // s = sigmoid(x), y = x s: dy/dx = s + y (1 - s)
  grad: ({ inputs, outputs }, [dOut]) => {
    const s = sigmoid(inputs[0]!);
    const y = outputs[0]!;
    return [mul(dOut!, add(mul(sub(scalar(1, y.dtype), y), s), y))];
  },
};

/** Rules of the elementwise family. */
export const elementwise = {
  add: binary("add", "Add", (_x, _y, dOut) => [dOut, dOut]),
  sub: binary("sub", "Sub", (_x, _y, dOut) => [dOut, neg(dOut)]),
  mul: binary("mul", "Mul", (x, y, dOut) => [mul(dOut, y), mul(dOut, x)]),
  div: binary("div", "Div", (x, y, dOut) => {
    const dx = div(dOut, y);
    return [dx, neg(mul(dx, div(x, y)))];
  }),
  maximum: binary("maximum", "Max", (x, y, dOut) => {
    const zero = scalar(0, dOut.dtype);
    const isY = less(x, y); // on a tie all of it goes to x
    return [where(isY, zero, dOut), where(isY, dOut, zero)];
  }),
  equal: binary("equal", "Equal"),
  less: binary("less", "Less"),
  lessOrEqual: binary("lessOrEqual", "LessOrEqual"),
  and: binary("and", "And"),
  neg: unary("neg", "Neg", (_x, _y, dOut) => neg(dOut)),
  exp: unary("exp", "Exp", (_x, y, dOut) => mul(dOut, y)),
  log: unary("log", "Log", (x, _y, dOut) => div(dOut, x)),
  sqrt: unary("sqrt", "Sqrt", (_x, y, dOut) => div(mul(dOut, scalar(0.5, y.dtype)), y)),
  reciprocal: unary("reciprocal", "Reciprocal", (_x, y, dOut) => neg(mul(dOut, mul(y, y)))),
  sigmoid: unary("sigmoid", "Sigmoid", (_x, y, dOut) =>
    mul(dOut, mul(y, sub(scalar(1, y.dtype), y))),
  ),
  erf: unary("erf", "Erf", (x, _y, dOut) => {
    const density = mul(exp(neg(mul(x, x))), scalar(2 / Math.sqrt(Math.PI), x.dtype));
    return mul(dOut, density);
  }),
  gelu: unary("gelu", "Gelu", (x, _y, dOut) => mul(dOut, geluDerivative(x))),
  silu: siluRule,
  where: whereRule,
  cast: castRule,
} as const;

/** x + y, broadcast. */
export const add = (x: Tensor, y: Tensor): Tensor => apply(elementwise.add, [x, y], {});
/** x - y, broadcast. */
export const sub = (x: Tensor, y: Tensor): Tensor => apply(elementwise.sub, [x, y], {});
/** x * y, broadcast. */
export const mul = (x: Tensor, y: Tensor): Tensor => apply(elementwise.mul, [x, y], {});
/** x / y, broadcast. */
export const div = (x: Tensor, y: Tensor): Tensor => apply(elementwise.div, [x, y], {});
/** The larger of x and y, broadcast; on a tie the gradient is x's. */
export const maximum = (x: Tensor, y: Tensor): Tensor => apply(elementwise.maximum, [x, y], {});
/** x = y as bool, broadcast. */
export const equal = (x: Tensor, y: Tensor): Tensor => apply(elementwise.equal, [x, y], {});
/** x < y as bool, broadcast. */
export const less = (x: Tensor, y: Tensor): Tensor => apply(elementwise.less, [x, y], {});
/** x <= y as bool, broadcast. */
export const lessOrEqual = (x: Tensor, y: Tensor): Tensor =>
  apply(elementwise.lessOrEqual, [x, y], {});
/** Both of two bool tensors, broadcast. */
export const and = (x: Tensor, y: Tensor): Tensor => apply(elementwise.and, [x, y], {});
/** -x. */
export const neg = (x: Tensor): Tensor => apply(elementwise.neg, [x], {});
/** e to the x. */
export const exp = (x: Tensor): Tensor => apply(elementwise.exp, [x], {});
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => apply(elementwise.log, [x], {});
/** Square root. */
export const sqrt = (x: Tensor): Tensor => apply(elementwise.sqrt, [x], {});
/** 1 / x. */
export const reciprocal = (x: Tensor): Tensor => apply(elementwise.reciprocal, [x], {});
/** 1 / (1 + e to the -x). */
export const sigmoid = (x: Tensor): Tensor => apply(elementwise.sigmoid, [x], {});
/** Error function. */
export const erf = (x: Tensor): Tensor => apply(elementwise.erf, [x], {});
/** x sigmoid(x), the activation of SwiGLU. @see arXiv 2002.05202 */
export const silu = (x: Tensor): Tensor => apply(elementwise.silu, [x], {});
/** x Phi(x), exact. @see arXiv 1606.08415 */
export const gelu = (x: Tensor): Tensor => apply(elementwise.gelu, [x], {});
/** x where the condition holds, else y; broadcast. */
export const where = (condition: Tensor, x: Tensor, y: Tensor): Tensor =>
  apply(elementwise.where, [condition, x, y], {});
/** x in another element type; gradients pass between floating-point types only. */
export const cast = (x: Tensor, dtype: DType): Tensor => apply(elementwise.cast, [x], { dtype });

/** d(x Phi(x))/dx = Phi(x) + x phi(x), where Phi(x) = (1 + erf(x / sqrt 2)) / 2. */
function geluDerivative(x: Tensor): Tensor {
  const half = scalar(0.5, x.dtype);
  const integral = erf(mul(x, scalar(Math.SQRT1_2, x.dtype)));
  const density = mul(
    exp(mul(mul(x, x), scalar(-0.5, x.dtype))),
    scalar(1 / Math.sqrt(2 * Math.PI), x.dtype),
  );
  return add(add(mul(integral, half), half), mul(x, density));
}
