/** A value of the metadata; whole numbers that float64 cannot hold exactly stay bigint. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** What is known about a type of numbers. */
export interface NumberRule {
  readonly bytes: number;
  readonly read: (bytes: Buffer, at: number) => number | bigint | boolean;
}

const exact = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;

/** Types of fixed size, by their number in the file. @see ggml/docs/gguf.md, gguf_metadata_value_type */
export const numberTypes: ReadonlyMap<number, NumberRule> = new Map([
  [0, { bytes: 1, read: (bytes: Buffer, at: number) => bytes.readUInt8(at) }],
  [1, { bytes: 1, read: (bytes: Buffer, at: number) => bytes.readInt8(at) }],
  [2, { bytes: 2, read: (bytes: Buffer, at: number) => bytes.readUInt16LE(at) }],
  [3, { bytes: 2, read: (bytes: Buffer, at: number) => bytes.readInt16LE(at) }],
  [4, { bytes: 4, read: (bytes: Buffer, at: number) => bytes.readUInt32LE(at) }],
  [5, { bytes: 4, read: (bytes: Buffer, at: number) => bytes.readInt32LE(at) }],
  [6, { bytes: 4, read: (bytes: Buffer, at: number) => bytes.readFloatLE(at) }],
  [7, { bytes: 1, read: (bytes: Buffer, at: number) => bytes.readUInt8(at) !== 0 }],
  [10, { bytes: 8, read: (bytes: Buffer, at: number) => exact(bytes.readBigUInt64LE(at)) }],
  [11, { bytes: 8, read: (bytes: Buffer, at: number) => exact(bytes.readBigInt64LE(at)) }],
  [12, { bytes: 8, read: (bytes: Buffer, at: number) => bytes.readDoubleLE(at) }],
]);

/** The type of strings: a length of 64 bits and UTF-8. */
export const stringType = 8;

/** The type of arrays: the type of the items, a count of 64 bits, the items. */
export const arrayType = 9;
