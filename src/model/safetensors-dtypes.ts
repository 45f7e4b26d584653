/** The element types of safetensors that are read and written here. */
export type DTypeName =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I8"
  | "U16"
  | "U8"
  | "BOOL";

/** The arrays that hold them. */
export type StoredArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int8Array
  | Uint16Array
  | Uint8Array;

/** What is known about an element type. */
export interface DTypeRule {
  /** Bytes of an element. */
  readonly bytes: number;
  /** The array that is written; raw bits for F16 and BF16. */
  readonly ArrayType: abstract new (
    ...parameters: never[]
  ) => StoredArray;
  /** The values of little-endian bytes that start a buffer of their own; floats as float32. */
  readonly decode: (bytes: Buffer) => StoredArray;
}

/** Every element type by its name in the header. */
export const dtypes: { readonly [name in DTypeName]: DTypeRule } = {
  F64: {
    bytes: 8,
    ArrayType: Float64Array,
    decode: (bytes) => Float32Array.from(new Float64Array(bytes.buffer)),
  },
  F32: { bytes: 4, ArrayType: Float32Array, decode: (bytes) => new Float32Array(bytes.buffer) },
  F16: { bytes: 2, ArrayType: Uint16Array, decode: (bytes) => fromFloat16(wordsOf(bytes)) },
  BF16: { bytes: 2, ArrayType: Uint16Array, decode: (bytes) => fromBFloat16(wordsOf(bytes)) },
  I64: { bytes: 8, ArrayType: BigInt64Array, decode: (bytes) => new BigInt64Array(bytes.buffer) },
  I32: { bytes: 4, ArrayType: Int32Array, decode: (bytes) => new Int32Array(bytes.buffer) },
  I8: { bytes: 1, ArrayType: Int8Array, decode: (bytes) => new Int8Array(bytes.buffer) },
  U16: { bytes: 2, ArrayType: Uint16Array, decode: wordsOf },
  U8: { bytes: 1, ArrayType: Uint8Array, decode: (bytes) => new Uint8Array(bytes.buffer) },
  BOOL: { bytes: 1, ArrayType: Uint8Array, decode: (bytes) => new Uint8Array(bytes.buffer) },
};

/** The float32 values of IEEE 754 half-precision bits; exact. */
function fromFloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >>> 10) & 0x1f;
    const fraction = word & 0x3ff;
    if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) values[i] = fraction === 0 ? sign * Infinity : NaN;
    else values[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}

/** The float32 values of bfloat16 bits, which are the upper half of float32's; exact. */
function fromBFloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

function wordsOf(bytes: Buffer): Uint16Array {
  return new Uint16Array(bytes.buffer);
}
