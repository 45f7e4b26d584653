import { float16Value } from "../../tensor/dtype.ts";
import { blockLength } from "../../tensor/quantised.ts";
import type { HeldParameter, QuantisedMatrix } from "../quantised-matrix.ts";
import { dtypes } from "../safetensors-dtypes.ts";

/** Element types of GGUF tensors that are read. */
export type TensorTypeName = "F32" | "F16" | "BF16" | "Q4_0" | "Q4_1" | "Q8_0";

/** What is known about an element type. */
export interface TensorTypeRule {
  /** Its number in the tensor table. @see ggml.h, enum ggml_type */
  readonly id: number;
  /** Values in a block: neighbours of a row, the last axis. */
  readonly length: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** The tensor of little-endian bytes that start a buffer of their own. */
  readonly decode: (bytes: Buffer, shape: readonly number[]) => HeldParameter;
}

const float = (id: number, dtype: "F32" | "F16" | "BF16"): TensorTypeRule => ({
  ...{ id, length: 1, bytes: dtypes[dtype].bytes },
  decode: (bytes, shape) => ({ shape, data: dtypes[dtype].decode(bytes) as Float32Array }),
});

const block = (
  id: number,
  bytes: number,
  decode: (bytes: Buffer, count: number) => Omit<QuantisedMatrix, "shape">,
): TensorTypeRule => ({
  ...{ id, length: blockLength, bytes },
  decode: (buffer, shape) => {
    const width = shape.at(-1)!;
    const elements = shape.reduce((product, size) => product * size, 1);
    const matrix = decode(buffer, elements / blockLength);
    return { shape: [elements / width, width], ...matrix };
  },
});

/**
 * Every element type by its name; scales and minima are float16.
 *
 * @see ggml-quants.c, dequantize_row_q4_0, _q4_1 and _q8_0
 */
export const tensorTypes: { readonly [name in TensorTypeName]: TensorTypeRule } = {
  F32: float(0, "F32"),
  F16: float(1, "F16"),
  BF16: float(30, "BF16"),
  // scale, 16 bytes: value = scale * (q - 8)
  Q4_0: block(2, 18, (bytes, count) => ({
    bits: 4,
    scales: halves(bytes, count, { stride: 18, offset: 0 }),
    blocks: nibbles(bytes, count, { stride: 18, offset: 2 }),
  })),
  // scale, minimum, 16 bytes: value = scale * q + minimum
  Q4_1: block(3, 20, (bytes, count) => ({
    bits: 4,
    scales: halves(bytes, count, { stride: 20, offset: 0 }),
    minima: halves(bytes, count, { stride: 20, offset: 2 }),
    blocks: nibbles(bytes, count, { stride: 20, offset: 4 }),
  })),
  // scale, 32 bytes with a sign: value = scale * q
  Q8_0: block(8, 34, (bytes, count) => ({
    bits: 8,
    scales: halves(bytes, count, { stride: 34, offset: 0 }),
    blocks: unsigned(bytes, count, { stride: 34, offset: 2 }),
  })),
};

const nameOfId = new Map(
  Object.entries(tensorTypes).map(([name, { id }]) => [id, name as TensorTypeName]),
);

/** The name of an element type by its number; undefined when it is not read. */
export function tensorTypeOf(id: number): TensorTypeName | undefined {
  return nameOfId.get(id);
}

/** Where a part of each block lies, in bytes. */
interface Place {
  readonly stride: number;
  readonly offset: number;
}

function halves(bytes: Buffer, count: number, { stride, offset }: Place): Float32Array {
  const values = new Float32Array(count);
  for (let block = 0; block < count; block++) {
    const at = block * stride + offset;
    values[block] = float16Value(bytes[at]! | (bytes[at + 1]! << 8));
  }
  return values;
}

/** A byte has value i in its lower half and value i + 16 in the upper one: they become neighbours. */
function nibbles(bytes: Buffer, count: number, { stride, offset }: Place): Uint8Array {
  const half = blockLength / 2;
  const packed = new Uint8Array(count * half);
  for (let block = 0; block < count; block++) {
    const from = block * stride + offset;
    const lower = block * half;
    const upper = lower + half / 2;
    for (let pair = 0; pair < half / 2; pair++) {
      const first = bytes[from + 2 * pair]!;
      const second = bytes[from + 2 * pair + 1]!;
      packed[lower + pair] = (first & 15) | ((second & 15) << 4);
      packed[upper + pair] = (first >>> 4) | (second & 0xf0);
    }
  }
  return packed;
}

function unsigned(bytes: Buffer, count: number, { stride, offset }: Place): Uint8Array {
  const values = new Uint8Array(count * blockLength);
  for (let block = 0; block < count; block++) {
    const from = block * stride + offset;
    for (let at = 0; at < blockLength; at++) {
      values[block * blockLength + at] = bytes[from + at]! ^ 0x80;
    }
  }
  return values;
}
