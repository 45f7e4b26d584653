import { floats, ids, type OpCase, opCase } from "./_op-fixture.ts";
import { gather, type indexing, pick, place, scatterAdd } from "./indexing.ts";
import { max, mean, type reductions, sumOfSquares } from "./reductions.ts";
import { concat, expand, pad, reshape, type shapes, slice, sum, transpose } from "./shapes.ts";

const matrix = floats([2, 3], [1, 2, 3, 4, 5, 6]);
const signed = floats([2, 3], [1, -2, 3, -4, 5, 6]);
const cube = floats([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
const scalarInput = floats([], [3]);
const empty = floats([0, 3], []);

/** What each op that moves or adds up elements must give. */
export const shapeCases: { readonly [name in keyof typeof shapes]: readonly OpCase[] } = {
  reshape: [
    opCase([matrix], (x) => reshape(x, [3, 2]), { expected: [1, 2, 3, 4, 5, 6] }),
    opCase([scalarInput], (x) => reshape(x, [1, 1]), { expected: [3] }),
    opCase([empty], (x) => reshape(x, [3, 0]), { expected: [] }),
  ],
  transpose: [
    opCase([matrix], (x) => transpose(x, [1, 0]), { expected: [1, 4, 2, 5, 3, 6] }),
    // an order that is not its own inverse: out[k, i, j] = x[i, j, k]
    opCase([cube], (x) => transpose(x, [2, 0, 1]), { expected: [1, 3, 5, 7, 2, 4, 6, 8] }),
    opCase([empty], (x) => transpose(x, [1, 0]), { expected: [] }),
  ],
  expand: [
    opCase([floats([2, 1], [1, 2])], (x) => expand(x, [2, 3]), { expected: [1, 1, 1, 2, 2, 2] }),
    opCase([floats([2], [1, 2])], (x) => expand(x, [2, 2]), { expected: [1, 2, 1, 2] }),
    // each key head for two query heads, as in grouped-query attention
    opCase(
      [floats([1, 2, 1, 2], [1, 2, 3, 4])],
      (x) => reshape(expand(x, [1, 2, 2, 2]), [1, 4, 2]),
      { expected: [1, 2, 1, 2, 3, 4, 3, 4] },
    ),
    opCase([floats([1], [5])], (x) => expand(x, [0]), { expected: [] }),
  ],
  sum: [
    opCase([matrix], (x) => sum(x), { expected: [21] }),
    opCase([matrix], (x) => sum(x, [0]), { expected: [5, 7, 9] }),
    opCase([matrix], (x) => sum(x, [-1], true), { expected: [6, 15] }),
    opCase([cube], (x) => sum(x, [-1, 0]), { expected: [14, 22] }),
    opCase([matrix], (x) => sum(x, []), { expected: [1, 2, 3, 4, 5, 6] }),
    opCase([scalarInput], (x) => sum(x), { expected: [3] }),
    opCase([empty], (x) => sum(x, [0]), { expected: [0, 0, 0] }),
  ],
  slice: [
    opCase([matrix], (x) => slice(x, [0, 1], [2, 3]), { expected: [2, 3, 5, 6] }),
    opCase([matrix], (x) => slice(x, [1, 1], [2, 1]), { expected: [] }),
  ],
  pad: [
    opCase([floats([1, 2], [1, 2])], (x) => pad(x, [1, 0], [0, 1]), {
      expected: [0, 0, 0, 1, 2, 0],
    }),
    opCase([empty], (x) => pad(x, [1, 0], [0, 0]), { expected: [0, 0, 0] }),
  ],
  concat: [
    opCase([matrix, floats([2, 1], [7, 8])], (x, y) => concat([x, y], -1), {
      expected: [1, 2, 3, 7, 4, 5, 6, 8],
    }),
    opCase([matrix, empty, floats([1, 3], [7, 8, 9])], (x, y, z) => concat([x, y, z], 0), {
      expected: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    }),
    opCase([floats([2], [1, 2])], (x) => concat([x, x], 0), { expected: [1, 2, 1, 2] }),
  ],
};

/** What each reduction must give. */
export const reductionCases: { readonly [name in keyof typeof reductions]: readonly OpCase[] } = {
  mean: [
    opCase([matrix], (x) => mean(x), { expected: [3.5] }),
    opCase([matrix], (x) => mean(x, [-2], true), { expected: [2.5, 3.5, 4.5] }),
    opCase([scalarInput], (x) => mean(x), { expected: [3] }),
  ],
  max: [
    opCase([signed], (x) => max(x), { expected: [6] }),
    opCase([signed], (x) => max(x, [0], true), { expected: [1, 5, 6] }),
    opCase([signed], (x) => max(x, [-1]), { expected: [3, 6] }),
    opCase([scalarInput], (x) => max(x), { expected: [3] }),
  ],
  sumOfSquares: [
    opCase([signed], (x) => sumOfSquares(x), { expected: [91] }),
    opCase([signed], (x) => sumOfSquares(x, [-1], true), { expected: [14, 77] }),
    opCase([scalarInput], (x) => sumOfSquares(x), { expected: [9] }),
    opCase([floats([2], [2, 3])], (x) => sumOfSquares(x, []), { expected: [4, 9] }),
    opCase([empty], (x) => sumOfSquares(x, [0]), { expected: [0, 0, 0] }),
  ],
};

/** What each op that reads or writes by index must give. */
export const indexingCases: { readonly [name in keyof typeof indexing]: readonly OpCase[] } = {
  gather: [
    // row 1 is read twice: its gradient is the sum of both
    opCase([floats([3, 2], [1, 2, 3, 4, 5, 6]), ids([1, 0, 1])], gather, {
      expected: [3, 4, 1, 2, 3, 4],
      stopped: [1],
    }),
    opCase([matrix, ids([1], "int64")], gather, { expected: [4, 5, 6], stopped: [1] }),
    opCase([matrix, ids([])], gather, { expected: [], stopped: [1] }),
  ],
  scatterAdd: [
    opCase([ids([2, 0, 2]), floats([3, 2], [1, 2, 3, 4, 5, 6])], (i, x) => scatterAdd(i, x, 4), {
      expected: [3, 4, 0, 0, 6, 8, 0, 0],
      stopped: [0],
    }),
    opCase([ids([0], "int64"), floats([1, 1], [5])], (i, x) => scatterAdd(i, x, 1), {
      expected: [5],
      stopped: [0],
    }),
    opCase([ids([]), empty], (i, x) => scatterAdd(i, x, 1), { expected: [0, 0, 0], stopped: [0] }),
  ],
  pick: [
    opCase([matrix, ids([2, 0])], pick, { expected: [3, 4], stopped: [1] }),
    opCase([floats([1, 1], [7]), ids([0], "int64")], pick, { expected: [7], stopped: [1] }),
  ],
  place: [
    opCase([ids([2, 0]), floats([2], [5, 7])], (i, x) => place(i, x, 3), {
      expected: [0, 0, 5, 7, 0, 0],
      stopped: [0],
    }),
  ],
};
