import { ShapeError } from "../errors.ts";
import { neg } from "./elementwise.ts";
import { apply, describe, expectRank, type OpRule, type Tensor } from "./tensor.ts";

/** Cosines and sines of the rotation angles, both [positions, headDim / 2], row-major. */
export interface RotaryTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  readonly positions: number;
  /** headDim / 2 */
  readonly halfDim: number;
}

const rotaryRule: OpRule<{ heads: number }> = {
  name: "rotary",
  infer: ([x, positions, cos, sin], { heads }) => {
    expectRank("rotary", x!, 2);
    expectRank("rotary", cos!, 2);
    if (describe(cos!) !== describe(sin!)) {
      throw new ShapeError(
        `rotary: expected cos and sin of one shape, got ${describe(cos!)} and ${describe(sin!)}`,
      );
    }
    const headDim = 2 * cos!.shape[1]!;
    if (x!.shape[1] !== heads * headDim || positions!.shape[0] !== x!.shape[0]) {
      throw new ShapeError(
        `rotary: expected x [rows, ${heads} heads x ${headDim}] and one position for each row, got ${describe(x!)} and ${describe(positions!)}`,
      );
    }
    if (positions!.dtype !== "int64") {
      throw new ShapeError(`rotary: expected int64 positions, got ${describe(positions!)}`);
    }
    return [{ dtype: x!.dtype, shape: x!.shape }];
  },
  emit: (emitter, [x, positions, cos, sin], { inputs, attributes }) => {
    const [rows, width] = inputs[0]!.shape as [number, number];
    const reshape = (value: string, shape: readonly number[]) =>
      emitter.node("Reshape", [value, emitter.constant("int64", shape, [shape.length])]);
    const rotated = emitter.node(
      "com.microsoft.RotaryEmbedding",
      [reshape(x!, [rows, 1, width]), reshape(positions!, [rows, 1]), cos!, sin!],
      { interleaved: 0, num_heads: attributes.heads },
    );
    return [reshape(rotated, [rows, width])];
  },
  // a rotation's transpose turns the other way
  grad: ({ inputs: [, positions, cos, sin], attributes }, [dOut]) => [
    apply(rotaryRule, [dOut!, positions!, cos!, neg(sin!)], attributes),
  ],
};

/** Rules of the rotary position embedding. */
export const rotations = { rotary: rotaryRule } as const;

/**
 * Rotates each head's halves by the angles of its row's position (the half-split form that Hugging
 * Face's Llama uses).
 *
 * @param x - [rows, heads * headDim]
 * @param rotation - positions [rows] int64; cos and sin [positions, headDim / 2]
 * @returns [rows, heads * headDim]
 * @throws {ShapeError} when the shapes disagree
 * @see RoFormer, arXiv 2104.09864
 */
export function rotary(
  x: Tensor,
  rotation: { readonly positions: Tensor; readonly cos: Tensor; readonly sin: Tensor },
  heads: number,
): Tensor {
  const { positions, cos, sin } = rotation;
  return apply(rotations.rotary, [x, positions, cos, sin], { heads });
}

/**
 * Angles of one-dimensional positions 0 to `positions` - 1: position * theta^(-2 i / headDim).
 *
 * @see RoFormer, arXiv 2104.09864, section 3.2.2
 */
export function rotaryTables(positions: number, headDim: number, theta: number): RotaryTables {
  const halfDim = headDim / 2;
  return tabulate(positions, halfDim, (position, i) => position * theta ** ((-2 * i) / headDim));
}

/**
 * Angles of the patches of a grid, row by row: even frequencies turn with the row, odd ones with
 * the column, as in Pixtral's vision tower.
 *
 * @param grid - rows and columns of patches; position = row * columns + column
 * @see Pixtral 12B, arXiv 2410.07073, section 2.1
 */
export function rotaryTables2d(
  grid: { readonly rows: number; readonly columns: number },
  headDim: number,
  theta: number,
): RotaryTables {
  const rowAngles = Math.ceil(headDim / 4);
  return tabulate(grid.rows * grid.columns, headDim / 2, (position, i) => {
    const row = Math.floor(position / grid.columns);
    const column = position % grid.columns;
    const isRow = i < rowAngles;
    const exponent = isRow ? 4 * i : 4 * (i - rowAngles) + 2;
    return (isRow ? row : column) * theta ** (-exponent / headDim);
  });
}

function tabulate(
  positions: number,
  halfDim: number,
  angle: (position: number, i: number) => number,
): RotaryTables {
  const cos = new Float32Array(positions * halfDim);
  const sin = new Float32Array(positions * halfDim);
  for (let index = 0; index < cos.length; index++) {
    const value = angle(Math.floor(index / halfDim), index % halfDim);
    cos[index] = Math.cos(value);
    sin[index] = Math.sin(value);
  }
  return { cos, sin, positions, halfDim };
}
