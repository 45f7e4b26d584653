import { floats, ids, type OpCase, opCase } from "./_op-fixture.ts";
import { attention, type attentions, maskedScore } from "./attention.ts";
import { cachedAttention, type cachedAttentions } from "./cached-attention.ts";
import { linearCrossEntropy, losses } from "./losses.ts";
import { logSoftmax, type normalisation, rmsNorm, softmax } from "./normalisation.ts";
import { linear, matmul, outerSum, products } from "./products.ts";
import { rotary, type rotations } from "./rotary.ts";
import { apply, constant, type Shape, type Tensor } from "./tensor.ts";

const square = floats([2, 2], [1, 2, 3, 4]);
const wide = floats([2, 3], [1, 0, -1, 2, 1, 0]);
const ln3 = Math.log(3);

/** What each matrix product must give. */
export const productCases: { readonly [name in keyof typeof products]: readonly OpCase[] } = {
  matmul: [
    opCase([square, wide], (a, b) => matmul(a, b), { expected: [5, 2, -1, 11, 4, -3] }),
    opCase([square, wide], (a, b) => matmul(a, b, { transposeA: true, scale: 0.5 }), {
      expected: [3.5, 1.5, -0.5, 5, 2, -1],
    }),
    opCase([wide, wide], (a, b) => matmul(a, b, { transposeB: true }), { expected: [2, 2, 2, 5] }),
    opCase(
      [floats([2, 1, 2], [1, 2, 3, 4]), floats([2, 2, 1], [1, 1, 2, 0])],
      (a, b) => matmul(a, b),
      {
        expected: [3, 6],
      },
    ),
    opCase([floats([1, 1], [2]), floats([1, 1], [3])], (a, b) => matmul(a, b), { expected: [6] }),
    opCase([floats([0, 2], []), square], (a, b) => matmul(a, b), { expected: [] }),
  ],
  linear: [
    opCase([wide, floats([1, 3], [1, 2, 3])], (x, w) => linear(x, w), { expected: [-2, 4] }),
    opCase([wide, wide], (x, w) => linear(x, w, 2), { expected: [4, 4, 4, 10] }),
    opCase([floats([0, 2], []), square], (x, w) => linear(x, w), { expected: [] }),
  ],
  outerSum: [
    opCase([square, wide], (x, y) => outerSum(x, y), { expected: [7, 3, -1, 10, 4, -2] }),
    opCase([square, wide], (x, y) => outerSum(x, y, 0.5), { expected: [3.5, 1.5, -0.5, 5, 2, -1] }),
    opCase(
      [square, wide, floats([2, 3], [1, 2, 3, 4, 5, 6])],
      (x, y, onto) => apply(products.outerSum, [x, y, onto], { scale: 2 }),
      { expected: [15, 8, 1, 24, 13, 2] },
    ),
    opCase([floats([0, 1], []), floats([0, 2], [])], (x, y) => outerSum(x, y), {
      expected: [0, 0],
    }),
  ],
};

/** What each normalisation must give. */
export const normalisationCases: {
  readonly [name in keyof typeof normalisation]: readonly OpCase[];
} = {
  softmax: [
    opCase([floats([2, 2], [0, ln3, 5, 5])], (x) => softmax(x), {
      expected: [0.25, 0.75, 0.5, 0.5],
    }),
    opCase([floats([2, 2], [0, 5, ln3, 5])], (x) => softmax(x, -2), {
      expected: [0.25, 0.5, 0.75, 0.5],
    }),
    opCase([floats([1], [9])], (x) => softmax(x), { expected: [1] }),
    opCase([floats([0, 2], [])], (x) => softmax(x), { expected: [] }),
  ],
  logSoftmax: [
    opCase([floats([2], [0, ln3])], (x) => logSoftmax(x), {
      expected: [-1.3862943611, -0.2876820724],
    }),
    opCase([floats([2, 1], [0, ln3])], (x) => logSoftmax(x, 0), {
      expected: [-1.3862943611, -0.2876820724],
    }),
  ],
  rmsNorm: [
    // mean square 12.5 and epsilon 3.5: rows are divided by 4
    opCase([floats([1, 2], [3, 4]), floats([2], [1, 2])], (x, w) => rmsNorm(x, w, 3.5), {
      expected: [0.75, 2],
    }),
    // mean squares 9 and 1, epsilon 0
    opCase(
      [floats([2, 3], [3, -3, 3, 1, 1, -1]), floats([3], [1, 2, -1])],
      (x, w) => rmsNorm(x, w, 0),
      { expected: [1, -2, -1, 1, 2, 1] },
    ),
    opCase([floats([1, 1], [2]), floats([1], [3])], (x, w) => rmsNorm(x, w, 0), { expected: [3] }),
  ],
};

/** What the rotation must give. */
export const rotationCases: { readonly [name in keyof typeof rotations]: readonly OpCase[] } = {
  rotary: [
    // two heads of two channels; position 1 turns by the angle of cosine 0.6, position 0 by none
    opCase(
      [
        floats([2, 4], [1, 2, 3, 4, 1, 2, 3, 4]),
        ids([1, 0], "int64"),
        floats([2, 1], [1, 0.6]),
        floats([2, 1], [0, 0.8]),
      ],
      (x, positions, cos, sin) => rotary(x, { positions, cos, sin }, 2),
      { expected: [-1, 2, -1.4, 4.8, 1, 2, 3, 4], stopped: [1, 2, 3] },
    ),
    // one head of four channels: channel i turns with channel i + 2
    opCase(
      [
        floats([1, 4], [1, 2, 3, 4]),
        ids([0], "int64"),
        floats([1, 2], [0, 0.6]),
        floats([1, 2], [1, 0.8]),
      ],
      (x, positions, cos, sin) => rotary(x, { positions, cos, sin }, 1),
      { expected: [-3, -2, 1, 4], stopped: [1, 2, 3] },
    ),
  ],
};

const column = (...values: number[]) => floats([values.length, 1, 1], values);

/** What attention must give. */
export const attentionCases: { readonly [name in keyof typeof attentions]: readonly OpCase[] } = {
  attention: [
    // second row: scores 0 and ln 3, weights 1/4 and 3/4
    opCase(
      [column(1, 1), column(0, ln3 / 2), column(2, 6), floats([2, 2], [0, maskedScore, 0, 0])],
      (q, k, v, mask) => attention({ q, k, v }, mask, { scale: 2, batch: 1 }),
      { expected: [2, 5], stopped: [3] },
    ),
    // two sequences of one head: the first sees all before it, the second itself alone
    opCase(
      [
        floats([2, 2, 1], [1, 1, 1, 1]),
        floats([2, 2, 1], [0, 0, ln3, ln3]),
        floats([2, 2, 1], [2, 20, 6, 60]),
        floats([2, 1, 2, 2], [0, maskedScore, 0, 0, 0, maskedScore, maskedScore, 0]),
      ],
      (q, k, v, mask) => attention({ q, k, v }, mask, { scale: 1, batch: 2 }),
      { expected: [2, 20, 5, 60], stopped: [3] },
    ),
    // one query over three keys, two heads of two channels, all scores equal
    opCase(
      [
        floats([1, 2, 2], [1, 2, 3, 4]),
        floats([3, 2, 2], Array(12).fill(1)),
        floats([3, 2, 2], [1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10]),
      ],
      (q, k, v) => attention({ q, k, v }, constant([0, 0, 0], [1, 3]), { scale: 0.5, batch: 1 }),
      { expected: [4, 5, 6, 7] },
    ),
  ],
};

/** Heads of 16 channels of which all but the first are 0, row-major. */
const firstChannels = (shape: Shape, values: readonly number[]) =>
  floats(
    shape,
    values.flatMap((value) => [value, ...Array<number>(15).fill(0)]),
  );

const cached = (q: Tensor, k: Tensor, v: Tensor, ...rest: Tensor[]) => {
  const [keys, values, lengths, longest, cos, sin] = rest as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const heads = q.shape[1]! / 16;
  const options = { lengths, longest, cos, sin, heads };
  return cachedAttention({ q, k, v }, { keys, values }, options).mixed;
};

/** What attention to a cache must give. */
export const cachedAttentionCases: {
  readonly [name in keyof typeof cachedAttentions]: readonly OpCase[];
} = {
  cachedAttention: [
    // an empty slot, and one whose position 1 turns by the angle of cosine 0.6: the first head's
    // scores are ln 3 for the cached key and 0 for the new one, the second head's are both 0
    opCase(
      [
        firstChannels([2, 32], [4, 0, 4, 0]),
        firstChannels([2, 16], [1, 0]),
        firstChannels([2, 16], [5, 6]),
        firstChannels([2, 1, 2, 16], [9, 9, ln3 / 0.6, 9]),
        firstChannels([2, 1, 2, 16], [9, 9, 2, 9]),
        ids([0, 1]),
        { dtype: "int32", shape: [], values: [2] },
        floats([2, 8], [...Array<number>(8).fill(1), ...Array<number>(8).fill(0.6)]),
        floats([2, 8], [...Array<number>(8).fill(0), ...Array<number>(8).fill(0.8)]),
      ],
      cached,
      {
        expected: [5, 5, 3, 4].flatMap((value) => [value, ...Array<number>(15).fill(0)]),
        stopped: [0, 1, 2, 3, 4, 5, 6, 7, 8],
      },
    ),
    // two new rows of one slot behind one cached position, all scores equal: each sees those before
    opCase(
      [
        firstChannels([2, 16], [0, 0]),
        firstChannels([2, 16], [1, 1]),
        firstChannels([2, 16], [5, 10]),
        firstChannels([1, 1, 4, 16], [1, 9, 9, 9]),
        firstChannels([1, 1, 4, 16], [3, 9, 9, 9]),
        ids([2]),
        { dtype: "int32", shape: [], values: [3] },
        floats([4, 8], Array<number>(32).fill(1)),
        floats([4, 8], Array<number>(32).fill(0)),
      ],
      cached,
      {
        expected: [4, 6].flatMap((value) => [value, ...Array<number>(15).fill(0)]),
        stopped: [0, 1, 2, 3, 4, 5, 6, 7, 8],
      },
    ),
  ],
};

/** What each loss must give. */
export const lossCases: { readonly [name in keyof typeof losses]: readonly OpCase[] } = {
  linearCrossEntropy: [
    // logits 0 and ln 3: probabilities 1/4 and 3/4; the last row is ignored
    opCase(
      [floats([3, 2], [1, 0, 1, 0, 1, 0]), floats([2, 2], [0, 0, ln3, 0]), ids([1, 0, -1])],
      linearCrossEntropy,
      { expected: [0.2876820724, 1.3862943611, 0], stopped: [2] },
    ),
    opCase([floats([1, 1], [2]), floats([1, 1], [3]), ids([0])], linearCrossEntropy, {
      expected: [0],
      stopped: [2],
    }),
  ],
  softmaxMinusTarget: [
    opCase(
      [floats([2, 3], [0.5, 0.25, 0.25, 0.1, 0.2, 0.7]), ids([1, 2])],
      (p, targets) => apply(losses.softmaxMinusTarget, [p, targets], {}),
      { expected: [0.5, -0.75, 0.25, 0.1, 0.2, -0.3], stopped: [0, 1] },
    ),
  ],
};
