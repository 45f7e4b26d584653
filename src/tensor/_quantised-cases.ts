import { floats, type OpCase, type OpInput, opCase } from "./_op-fixture.ts";
import { gather } from "./indexing.ts";
import { linear } from "./products.ts";
import { dequantise, type QuantisedBits, type quantised } from "./quantised.ts";
import type { Tensor } from "./tensor.ts";

const bytes = (shape: readonly number[], values: readonly number[]): OpInput => ({
  dtype: "uint8",
  shape,
  values,
});
const counted = (length: number, value: (index: number) => number) =>
  Array.from({ length }, (_, index) => value(index));

/** Two rows of one block: 0 to 15 twice, and 15 down to 0 twice, minus 8. */
const fourBits = bytes(
  [2, 1, 16],
  [
    ...counted(16, (i) => ((2 * i) % 16) + 16 * ((2 * i + 1) % 16)),
    ...counted(16, (i) => 15 - ((2 * i) % 16) + 16 * (15 - ((2 * i + 1) % 16))),
  ],
);
const fourBitRows = [
  counted(32, (i) => 2 * ((i % 16) - 8)),
  counted(32, (i) => -0.5 * (15 - (i % 16) - 8)),
];
const scales = floats([2, 1], [2, -0.5]);
const offsets = floats([2, 1], [100, -3]);

/** One row of two blocks: 0 to 31 and 255 down to 224, minus 128. */
const eightBits = bytes(
  [1, 2, 32],
  counted(64, (i) => (i < 32 ? i : 255 - (i - 32))),
);
const eightBitRow = counted(64, (i) => (i < 32 ? i - 128 : 0.25 * (255 - (i - 32) - 128)));

const whole = (bits: QuantisedBits) => (blocks: Tensor, scales: Tensor, offsets?: Tensor) =>
  dequantise({ blocks, scales, offsets }, bits);

/** What each op on quantised matrices must give. */
export const quantisedCases: { readonly [name in keyof typeof quantised]: readonly OpCase[] } = {
  dequantise: [
    opCase([fourBits, scales], whole(4), { expected: fourBitRows.flat(), stopped: [0, 1] }),
    opCase([fourBits, scales, offsets], whole(4), {
      expected: [...fourBitRows[0]!.map((x) => x + 100), ...fourBitRows[1]!.map((x) => x - 3)],
      stopped: [0, 1, 2],
    }),
    opCase([eightBits, floats([1, 2], [1, 0.25])], whole(8), {
      expected: eightBitRow,
      stopped: [0, 1],
    }),
    opCase(
      [fourBits, scales, { dtype: "int32", shape: [3], values: [1, 0, 1] }],
      (blocks, scales, ids) => gather(dequantise({ blocks, scales }, 4), ids),
      { expected: [1, 0, 1].flatMap((row) => fourBitRows[row]!), stopped: [0, 1, 2] },
    ),
  ],
  quantisedLinear: [
    // ones lose nothing in 8 bits
    opCase(
      [
        floats([2, 32], [...counted(32, () => 1), ...counted(32, (i) => (i === 3 ? 1 : 0))]),
        fourBits,
        scales,
      ],
      (x, blocks, scales) => linear(x, dequantise({ blocks, scales }, 4)),
      { expected: [-32, 8, -10, -2], stopped: [0, 1, 2] },
    ),
    opCase(
      [
        floats(
          [1, 32],
          counted(32, () => 1),
        ),
        fourBits,
        scales,
        offsets,
      ],
      (x, blocks, scales, offsets) => linear(x, dequantise({ blocks, scales, offsets }, 4)),
      { expected: [-32 + 3200, 8 - 96], stopped: [0, 1, 2, 3] },
    ),
    opCase(
      [
        floats(
          [1, 64],
          counted(64, () => -1),
        ),
        eightBits,
        floats([1, 2], [1, 0.25]),
      ],
      (x, blocks, scales) => linear(x, dequantise({ blocks, scales }, 8)),
      { expected: [3600 - 892], stopped: [0, 1, 2] },
    ),
  ],
};
