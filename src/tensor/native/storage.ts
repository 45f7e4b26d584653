import { arrayOver, type DType, dtypes, elementCount, type TypedArray } from "../dtype.ts";
import { addressOf, type OrtApi, type Pointer, receive } from "./api.ts";

/** Memory of one allocation; views share it. */
export interface Storage {
  /** Execution memory that the address belongs to (an OrtMemoryInfo). */
  readonly memoryInfo: Pointer;
  readonly address: Pointer;
  readonly sizeBytes: number;
  /** The host memory when it lies on the host. */
  readonly host: HostMemory | undefined;
  /** Frees what the garbage collector does not. */
  free(): void;
}

/** Bytes on the host from an aligned offset on. */
export interface HostMemory {
  readonly memory: ArrayBuffer;
  readonly byteOffset: number;
}

/** Alignment that the widest vector kernels want, in bytes. */
const alignment = 64;

/**
 * Zeroed, aligned host memory that the garbage collector owns: a host array over it can never
 * dangle, whoever still holds it.
 */
export function hostStorage(memoryInfo: Pointer, sizeBytes: number): Storage {
  const memory = new ArrayBuffer(sizeBytes + alignment);
  const start = addressOf(new Uint8Array(memory));
  const byteOffset = (alignment - Number(start % BigInt(alignment))) % alignment;
  const address = start + BigInt(byteOffset);
  return { memoryInfo, address, sizeBytes, host: { memory, byteOffset }, free: () => {} };
}

/** The typed array over a part of host memory. */
export function hostArray(
  { memory, byteOffset }: HostMemory,
  part: { dtype: DType; shape: readonly number[]; elementOffset: number },
): TypedArray {
  return arrayOver(part.dtype, memory, {
    byteOffset: byteOffset + part.elementOffset * dtypes[part.dtype].bytes,
    length: elementCount(part.shape),
  });
}

/**
 * A tensor value (OrtValue) over a part of a storage; it owns nothing.
 */
export function tensorOver(
  api: OrtApi,
  storage: Storage,
  part: { dtype: DType; shape: readonly number[]; elementOffset: number },
): Pointer {
  const { bytes, onnx } = dtypes[part.dtype];
  const sizes = BigInt64Array.from(part.shape, BigInt);
  return receive((out) =>
    api.call.createTensorWithDataAsOrtValue(
      storage.memoryInfo,
      storage.address + BigInt(part.elementOffset * bytes),
      elementCount(part.shape) * bytes,
      sizes,
      sizes.length,
      onnx,
      out,
    ),
  );
}
