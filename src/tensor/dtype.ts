import { ShapeError } from "../errors.ts";

/** Element types that both runtimes carry. */
export type DType = "float32" | "float16" | "int8" | "uint8" | "int32" | "int64" | "bool";

/** Host memory of a tensor; float16 as its 16 bits, bool as one byte (0 or 1) per element. */
export type TypedArray =
  | Float32Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Int32Array
  | BigInt64Array;

interface DTypeRule {
  /** Size of one element in bytes. */
  readonly bytes: number;
  /** `TensorProto.DataType` of the ONNX format, the same number as in ONNX Runtime's C API. */
  readonly onnx: number;
  readonly array: {
    new (length: number): TypedArray;
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  };
}

/** One row per element type: size, ONNX number, host array. */
export const dtypes: { readonly [name in DType]: DTypeRule } = {
  float32: { bytes: 4, onnx: 1, array: Float32Array },
  uint8: { bytes: 1, onnx: 2, array: Uint8Array },
  int8: { bytes: 1, onnx: 3, array: Int8Array },
  int32: { bytes: 4, onnx: 6, array: Int32Array },
  int64: { bytes: 8, onnx: 7, array: BigInt64Array },
  bool: { bytes: 1, onnx: 9, array: Uint8Array },
  float16: { bytes: 2, onnx: 10, array: Uint16Array },
};

/** Number of elements of a shape; 1 for the empty shape (a scalar). */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * A zeroed host array of a type.
 *
 * @param length - in elements
 */
export function allocateArray(dtype: DType, length: number): TypedArray {
  return new dtypes[dtype].array(length);
}

/**
 * A host array over existing memory; no copy.
 *
 * @param range - byteOffset in bytes, length in elements
 */
export function arrayOver(
  dtype: DType,
  memory: ArrayBufferLike,
  range: { readonly byteOffset: number; readonly length: number },
): TypedArray {
  return new dtypes[dtype].array(memory, range.byteOffset, range.length);
}

/**
 * Whether an array is the host form of a type, so that it can be written without conversion.
 */
export function isArrayOf(dtype: DType, values: unknown): values is TypedArray {
  return values instanceof dtypes[dtype].array;
}

/**
 * A typed array from plain numbers: integers are truncated, bool is 0 or 1, float16 is rounded to
 * nearest even.
 */
export function castArray(dtype: DType, values: ArrayLike<number>): TypedArray {
  if (dtype === "int64") return BigInt64Array.from(values, (value) => BigInt(Math.trunc(value)));
  if (dtype === "bool") return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
  if (dtype === "float16") return Uint16Array.from(values, float16Bits);
  const result = allocateArray(dtype, values.length) as Exclude<TypedArray, BigInt64Array>;
  result.set(values);
  return result;
}

/**
 * Checks that every size of a shape is a non-negative integer.
 *
 * @throws {ShapeError} naming `where` and the shape
 */
export function checkShape(where: string, shape: readonly number[]): void {
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return;
  throw new ShapeError(
    `${where}: expected a shape of non-negative integers, got [${shape.join(", ")}]`,
  );
}

const singleValue = new Float32Array(1);
const singleBits = new Uint32Array(singleValue.buffer);

/**
 * The 16 bits of the IEEE 754 half-precision number nearest to a number, ties to even.
 */
export function float16Bits(value: number): number {
  singleValue[0] = value;
  const bits = singleBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above round to infinity
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign; // below half of the smallest subnormal, 2^-25
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

function roundShift(value: number, shift: number): number {
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const quotient = value >>> shift;
  return rest > half || (rest === half && (quotient & 1) === 1) ? quotient + 1 : quotient;
}

/** The number that 16 bits of IEEE 754 half precision stand for. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
