import { blockLength, type QuantisedBits } from "../tensor/quantised.ts";
import type { Parameter } from "./_checkpoint-tensors.ts";

/**
 * A matrix of 4 or 8 bits a value in blocks of 32 neighbours of a row, with q a whole number without
 * a sign: value = scale * q + minimum where there are minima, else scale * (q - 2^(bits - 1)).
 */
export interface QuantisedMatrix {
  /** [out, in]; `in` is a multiple of 32. */
  readonly shape: readonly [out: number, width: number];
  readonly bits: QuantisedBits;
  /** [out, in / 32, 4 * bits]; of 4 bits two in a byte, the first one in its lower half. */
  readonly blocks: Uint8Array;
  /** [out, in / 32] */
  readonly scales: Float32Array;
  /** [out, in / 32] */
  readonly minima?: Float32Array | undefined;
}

/** A trained tensor as it is held in memory. */
export type HeldParameter = Parameter | QuantisedMatrix;

/** Whether a tensor is held in blocks. */
export function isQuantised(parameter: HeldParameter): parameter is QuantisedMatrix {
  return "blocks" in parameter;
}

/** Whether a tensor of a shape has rows of whole blocks. */
export function hasBlocks(shape: readonly number[]): shape is readonly [number, number] {
  return shape.length === 2 && shape[1]! % blockLength === 0;
}

/** The float32 values, [out, in]: each product and each sum is rounded once, as in ggml. */
export function dequantiseMatrix(matrix: QuantisedMatrix): Float32Array {
  const { bits, blocks, scales, minima } = matrix;
  const values = new Float32Array(scales.length * blockLength);
  const middle = 2 ** (bits - 1);
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block]!;
    const minimum = minima?.[block];
    for (let at = block * blockLength; at < (block + 1) * blockLength; at++) {
      const q = bits === 8 ? blocks[at]! : (blocks[at >>> 1]! >>> (4 * (at & 1))) & 15;
      values[at] = minimum === undefined ? scale * (q - middle) : Math.fround(scale * q) + minimum;
    }
  }
  return values;
}

/**
 * Rounds a matrix to blocks without minima. Of 8 bits the largest magnitude of a block becomes 127;
 * of 4 bits -8, which is the one value that has no opposite.
 *
 * @param data - [out, in]
 * @see ggml: Q8_0 and Q4_0
 */
export function quantiseMatrix(
  data: Float32Array,
  shape: readonly [number, number],
  bits: QuantisedBits,
): QuantisedMatrix {
  const count = data.length / blockLength;
  const scales = new Float32Array(count);
  const blocks = new Uint8Array((data.length * bits) / 8);
  const middle = 2 ** (bits - 1);
  for (let block = 0; block < count; block++) {
    const start = block * blockLength;
    const largest = largestOf(data.subarray(start, start + blockLength));
    const scale = Math.fround(bits === 8 ? Math.abs(largest) / (middle - 1) : largest / -middle);
    scales[block] = scale;
    for (let at = start; at < start + blockLength; at++) {
      const rounded = scale === 0 ? 0 : Math.round(data[at]! / scale);
      const q = Math.min(rounded, middle - 1) + middle;
      if (bits === 8) blocks[at] = q;
      else blocks[at >>> 1]! |= q << (4 * (at & 1));
    }
  }
  return { shape, bits, blocks, scales };
}

/** The value of the largest magnitude, with its sign. */
function largestOf(values: Float32Array): number {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest;
}
