import { CheckpointError } from "../../errors.ts";
import { elementCount } from "../../tensor/dtype.ts";
import { Cursor } from "./cursor.ts";
import { type TensorTypeName, tensorTypeOf, tensorTypes } from "./tensor-types.ts";
import type { GgufValue } from "./value-types.ts";

/** Where one tensor lies. */
export interface GgufEntry {
  readonly type: TensorTypeName;
  /** [rows, columns] as everywhere here: the file has the axes the other way round. */
  readonly shape: readonly number[];
  /** First byte, from the start of the data. */
  readonly begin: number;
  readonly bytes: number;
}

/** A checked header. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly entries: ReadonlyMap<string, GgufEntry>;
  /** Byte of the file at which the data start. */
  readonly dataStart: number;
}

const magic = 0x46554747; // "GGUF"
const defaultAlignment = 32;
const mostAxes = 4;

/**
 * Parses the beginning of a file of version 2 or 3, which differ in nothing that is read here.
 *
 * @throws {OutOfBytes} when the header goes on behind the bytes
 * @throws {CheckpointError} for another format or version, or naming the key or tensor at fault
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function parseHeader(path: string, bytes: Buffer): GgufHeader {
  const cursor = new Cursor(path, bytes);
  checkVersion(path, cursor);
  const tensors = cursor.size("the number of tensors");
  const keys = cursor.size("the number of keys");
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < keys; index++) {
    const key = cursor.text(`the name of key ${index}`);
    if (metadata.has(key)) throw cursor.broken(`the key ${key} is there twice`);
    metadata.set(key, cursor.value(cursor.uint32(), `the key ${key}`));
  }
  const alignment = metadata.get("general.alignment") ?? defaultAlignment;
  if (typeof alignment !== "number" || !Number.isInteger(alignment) || alignment < 1) {
    throw cursor.broken(`the key general.alignment is ${String(alignment)}`);
  }
  const entries = new Map<string, GgufEntry>();
  for (let index = 0; index < tensors; index++) {
    const name = cursor.text(`the name of tensor ${index}`);
    if (entries.has(name)) throw cursor.broken(`the tensor ${name} is there twice`);
    entries.set(name, readEntry(path, cursor, { name, alignment }));
  }
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  return { metadata, entries, dataStart };
}

function checkVersion(path: string, cursor: Cursor): void {
  if (cursor.uint32() !== magic) {
    throw new CheckpointError(
      `${path}: not a GGUF file, it does not begin with GGUF; give a GGUF file or a model folder`,
    );
  }
  const version = cursor.uint32();
  if (version === 2 || version === 3) return;
  const isBigEndian = (version & 0xffff) === 0;
  throw new CheckpointError(
    `${path}: expected GGUF of version 2 or 3, got ${isBigEndian ? "a big-endian file" : version}; ` +
      "convert the model again with a newer llama.cpp",
  );
}

function readEntry(
  path: string,
  cursor: Cursor,
  { name, alignment }: { readonly name: string; readonly alignment: number },
): GgufEntry {
  const axes = cursor.uint32();
  if (axes < 1 || axes > mostAxes) throw cursor.broken(`the tensor ${name} has ${axes} axes`);
  const shape = Array.from({ length: axes }, () => cursor.size(`an axis of ${name}`)).reverse();
  const id = cursor.uint32();
  const type = tensorTypeOf(id);
  const begin = cursor.size(`the offset of ${name}`);
  if (type === undefined) {
    throw new CheckpointError(
      `${path}: the tensor ${name} has the ggml type ${id}, read are ` +
        `${Object.keys(tensorTypes).join(", ")}; take a file of one of these, such as one that ` +
        "llama-quantize made as Q8_0, Q4_0 or Q4_1 with --pure, or as F16",
    );
  }
  const { length, bytes } = tensorTypes[type];
  if (begin % alignment !== 0) {
    throw cursor.broken(`the tensor ${name} begins at ${begin}, no multiple of ${alignment}`);
  }
  const elements = elementCount(shape);
  if (!Number.isSafeInteger(elements * bytes) || shape.at(-1)! % length !== 0) {
    throw cursor.broken(
      `the tensor ${name} of ${type} has the shape [${shape.join(", ")}], rows of whole blocks ` +
        `of ${length} are expected`,
    );
  }
  return { type, shape, begin, bytes: (elements / length) * bytes };
}
