import { floats, type OpCase, opCase } from "./_op-fixture.ts";
import {
  add,
  and,
  cast,
  div,
  type elementwise,
  equal,
  erf,
  exp,
  gelu,
  less,
  lessOrEqual,
  log,
  maximum,
  mul,
  neg,
  reciprocal,
  sigmoid,
  silu,
  sqrt,
  sub,
  where,
} from "./elementwise.ts";

const matrix = floats([2, 3], [1, -2, 3, 4, 5, -6]);
const row = floats([3], [0.5, 2, -1]);
const column = floats([2, 1], [2, -1]);
const empty = floats([0, 3], []);
const line = (...values: number[]) => floats([values.length], values);

/** Unary ops: values at 0, 1 and -2 or, where these are undefined, at 0.25, 1 and 4. */
const unary = {
  neg: [
    opCase([line(0.5, -2)], neg, { expected: [-0.5, 2] }),
    opCase([empty], neg, { expected: [] }),
  ],
  exp: [opCase([line(0, 1, -2)], exp, { expected: [1, Math.E, 0.1353352832] })],
  log: [opCase([line(0.25, 1, Math.E)], log, { expected: [-1.3862943611, 0, 1] })],
  sqrt: [opCase([line(0.25, 1, 4)], sqrt, { expected: [0.5, 1, 2] })],
  reciprocal: [opCase([line(0.5, 1, -4)], reciprocal, { expected: [2, 1, -0.25] })],
  sigmoid: [opCase([line(0, 1, -2)], sigmoid, { expected: [0.5, 0.7310585786, 0.119202922] })],
  erf: [opCase([line(0, 1, -0.5)], erf, { expected: [0, 0.8427007929, -0.5204998778] })],
  gelu: [opCase([line(0, 1, -2)], gelu, { expected: [0, 0.8413447461, -0.0455002639] })],
  silu: [
    opCase([line(0, 1, -2)], silu, { expected: [0, 0.7310585786, -0.238405844] }),
    // 17 is no multiple of a vector register
    opCase([floats([17], Array(17).fill(1))], silu, { expected: Array(17).fill(0.7310585786) }),
    opCase([empty], silu, { expected: [] }),
  ],
} satisfies Record<string, readonly OpCase[]>;

/** What each elementwise op must give. */
export const elementwiseCases: { readonly [name in keyof typeof elementwise]: readonly OpCase[] } =
  {
    ...unary,
    add: [
      opCase([matrix, row], add, { expected: [1.5, 0, 2, 4.5, 7, -7] }),
      opCase([row, matrix], add, { expected: [1.5, 0, 2, 4.5, 7, -7] }),
      opCase([floats([], [2]), floats([1, 1], [3])], add, { expected: [5] }),
      opCase([empty, row], add, { expected: [] }),
    ],
    sub: [
      opCase([column, row], sub, { expected: [1.5, 0, 3, -1.5, -3, 0] }),
      opCase([floats([], [2]), floats([], [3])], sub, { expected: [-1] }),
    ],
    mul: [
      opCase([matrix, column], mul, { expected: [2, -4, 6, -4, -5, 6] }),
      opCase([row, row], mul, { expected: [0.25, 4, 1] }),
    ],
    div: [opCase([column, row], div, { expected: [4, 1, -2, -2, -0.5, 1] })],
    maximum: [
      opCase([matrix, row], maximum, { expected: [1, 2, 3, 4, 5, -1] }),
      opCase([floats([1], [-3]), row], maximum, { expected: [0.5, 2, -1] }),
    ],
    equal: [
      opCase([line(1, 2, 3), line(1, 3, 3)], equal, { expected: [1, 0, 1], stopped: [0, 1] }),
      opCase([column, line(2, -1)], equal, { expected: [1, 0, 0, 1], stopped: [0, 1] }),
    ],
    less: [opCase([line(1, 2, 3), line(1, 3, 2)], less, { expected: [0, 1, 0], stopped: [0, 1] })],
    lessOrEqual: [
      opCase([line(1, 2, 3), line(1, 3, 2)], lessOrEqual, { expected: [1, 1, 0], stopped: [0, 1] }),
    ],
    and: [
      opCase([line(1, 2, 3), line(0, 2, 4)], (x, y) => and(less(x, y), equal(y, y)), {
        expected: [0, 0, 1],
        stopped: [0, 1],
      }),
    ],
    where: [
      opCase([{ dtype: "bool", shape: [2, 1], values: [1, 0] }, row, floats([], [7])], where, {
        expected: [0.5, 2, -1, 7, 7, 7],
        stopped: [0],
      }),
      opCase([{ dtype: "bool", shape: [], values: [1] }, column, row], where, {
        expected: [2, 2, 2, -1, -1, -1],
        stopped: [0],
      }),
    ],
    cast: [
      opCase([line(1.5, -2.75, 0)], (x) => cast(x, "int32"), {
        expected: [1, -2, 0],
        stopped: [0],
      }),
      opCase([line(0.5, 0)], (x) => cast(x, "bool"), { expected: [1, 0], stopped: [0] }),
      opCase([{ dtype: "int64", shape: [2], values: [3, -4] }], (x) => cast(x, "float32"), {
        expected: [3, -4],
        stopped: [0],
      }),
      // 1/128 and these values have exact halves, so that the differences see no rounding
      opCase([line(0.5, -2)], (x) => mul(cast(cast(x, "float16"), "float32"), x), {
        expected: [0.25, 4],
      }),
    ],
  };
