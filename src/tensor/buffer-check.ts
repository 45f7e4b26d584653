import { RuntimeError, ShapeError } from "../errors.ts";
import { checkShape, type DType, elementCount, isArrayOf, type TypedArray } from "./dtype.ts";

/** What every buffer knows of itself. */
export interface BufferInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/**
 * Checks that a host array can be written into a buffer.
 *
 * @throws {ShapeError} when type or length differ
 */
export function checkWrite(info: BufferInfo, values: TypedArray): void {
  const count = elementCount(info.shape);
  if (isArrayOf(info.dtype, values) && values.length === count) return;
  throw new ShapeError(
    `write: expected ${count} values of ${info.dtype} for [${info.shape.join(", ")}], ` +
      `got ${values.length} in a ${values.constructor.name}`,
  );
}

/**
 * Checks that a view lies inside a buffer.
 *
 * @throws {ShapeError} when the shape or offset is wrong or the view would reach past the buffer
 */
export function checkView(info: BufferInfo, shape: readonly number[], elementOffset: number): void {
  checkShape("view", shape);
  const count = elementCount(info.shape);
  const end = elementOffset + elementCount(shape);
  if (Number.isSafeInteger(elementOffset) && elementOffset >= 0 && end <= count) return;
  throw new ShapeError(
    `view: expected [${shape.join(", ")}] at ${elementOffset} to lie within the ${count} elements of ` +
      `[${info.shape.join(", ")}], it would end at ${end}`,
  );
}

/** The error for a buffer, or a view of one, that is used after its release. */
export function releasedBuffer(info: BufferInfo): RuntimeError {
  return new RuntimeError(
    `buffer ${info.dtype} [${info.shape.join(", ")}] was released and can no longer be used`,
  );
}
