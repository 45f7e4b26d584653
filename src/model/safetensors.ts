import { type FileHandle, open } from "node:fs/promises";
import { endianness } from "node:os";
import { CheckpointError, WorkspaceError } from "../errors.ts";
import { elementCount } from "../tensor/dtype.ts";
import { errorCode, writeFileAtomic } from "../workspace/atomic-file.ts";
import { type DTypeName, dtypes, type StoredArray } from "./safetensors-dtypes.ts";
import {
  encodeHeader,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "./safetensors-header.ts";

/** System calls move less than 2 GiB at once. */
const pieceBytes = 64 * 1024 * 1024;

/** A tensor as it is handed over for writing; `data` has the array type of its dtype. */
export interface StoredTensor {
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  /** Float32Array for F32, Uint16Array with the raw bits for F16 and BF16, else as named. */
  readonly data: StoredArray;
}

/** A tensor as it is read: every kind of float as Float32Array, integers as they are. */
export interface LoadedTensor {
  /** The type in the file. */
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  readonly data: StoredArray;
}

/** An open file whose header is known; tensors are read one by one. */
export interface SafetensorsReader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** @throws {CheckpointError} when there is no tensor of that name */
  read(name: string): Promise<LoadedTensor>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header against its length.
 *
 * @throws {CheckpointError} when the file is missing, cut off, or its header is broken
 * @see https://huggingface.co/docs/safetensors: 8 bytes of header length, JSON, then the data
 */
export async function openSafetensors(path: string): Promise<SafetensorsReader> {
  requireLittleEndian(path);
  const source = { path, file: await openFile(path) };
  try {
    const header = await readHeader(source);
    return {
      metadata: header.metadata,
      entries: header.entries,
      read: (name) => readTensor(source, header, name),
      close: () => source.file.close(),
    };
  } catch (error) {
    await source.file.close();
    throw error;
  }
}

/**
 * Reads a whole safetensors file.
 *
 * @returns the metadata and the tensors in the order of the header
 * @throws {CheckpointError} as `openSafetensors`
 */
export async function readSafetensors(path: string): Promise<{
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Map<string, LoadedTensor>;
}> {
  const reader = await openSafetensors(path);
  try {
    const tensors = new Map<string, LoadedTensor>();
    for (const name of reader.entries.keys()) tensors.set(name, await reader.read(name));
    return { metadata: reader.metadata, tensors };
  } finally {
    await reader.close();
  }
}

/**
 * Writes a safetensors file tensor by tensor, atomically: at the path is either the old file or
 * the whole new one.
 *
 * @param metadata - strings; Hugging Face's readers want `{ format: "pt" }`
 * @throws {CheckpointError} when a tensor's data does not fit its shape or dtype, the disk is full
 *   or the folder is not writable
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  requireLittleEndian(path);
  // Large elements first keeps every tensor aligned; the order within one size is the caller's.
  const ordered = [...tensors].sort(
    ([, a], [, b]) => dtypes[b.dtype].bytes - dtypes[a.dtype].bytes,
  );
  for (const [name, tensor] of ordered) checkTensor(path, name, tensor);
  const header = encodeHeader(ordered, metadata);
  const dataBytes = ordered.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  try {
    const sizeBytes = header.byteLength + dataBytes;
    await writeFileAtomic(path, fileBytes(header, ordered), { sizeBytes });
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new CheckpointError(error.message, { cause: error });
  }
}

/** The bytes of a file in pieces that one write call takes; tensors are not copied. */
function* fileBytes(
  header: Uint8Array,
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
): Generator<Uint8Array> {
  yield header;
  for (const [, { data }] of tensors) {
    const bytes = bytesOf(data);
    for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
      yield bytes.subarray(start, start + pieceBytes);
    }
  }
}

/** Bytes of a typed array, without a copy. */
function bytesOf(data: StoredArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function checkTensor(path: string, name: string, { dtype, shape, data }: StoredTensor): void {
  const { ArrayType, bytes } = dtypes[dtype];
  const elements = elementCount(shape);
  if (!(data instanceof ArrayType) || data.byteLength !== elements * bytes) {
    throw new CheckpointError(
      `${path}: tensor ${name} of ${dtype} [${shape.join(", ")}] needs a ${ArrayType.name} of ` +
        `${elements} elements, got a ${data.constructor.name} of ${data.length}`,
    );
  }
}

/** An open file with its name, for messages. */
interface Source {
  readonly path: string;
  readonly file: FileHandle;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw new CheckpointError(
      errorCode(error) === "ENOENT"
        ? `${path}: there is no such file; give the path of a safetensors file`
        : `${path}: could not be opened: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

async function readHeader(source: Source): Promise<SafetensorsHeader> {
  const { path, file } = source;
  const information = await file.stat();
  if (!information.isFile()) {
    throw new CheckpointError(`${path}: is not a file; give the path of a safetensors file`);
  }
  const { size } = information;
  const length = size >= 8 ? (await readBytes(source, 0, 8)).readBigUInt64LE() : 0n;
  if (length < 2n || length > BigInt(size - 8)) {
    throw new CheckpointError(
      `${path}: not a safetensors file, or cut off: its header should have ${length} bytes and ` +
        `the file has ${size} in all; copy it again, or use an earlier checkpoint`,
    );
  }
  return parseHeader(path, await readBytes(source, 8, Number(length)), size);
}

async function readTensor(
  source: Source,
  header: SafetensorsHeader,
  name: string,
): Promise<LoadedTensor> {
  const entry = header.entries.get(name);
  if (entry === undefined) throw new CheckpointError(`${source.path}: has no tensor ${name}`);
  const { dtype, shape, begin, end } = entry;
  const bytes = await readBytes(source, header.dataStart + begin, end - begin);
  return { dtype, shape, data: dtypes[dtype].decode(bytes) };
}

/** Reads exactly `length` bytes into memory of their own, aligned for any element type. */
async function readBytes(source: Source, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.from(new ArrayBuffer(length));
  let offset = 0;
  while (offset < length) {
    const piece = Math.min(length - offset, pieceBytes);
    const { bytesRead } = await source.file.read(buffer, offset, piece, position + offset);
    if (bytesRead === 0) {
      throw new CheckpointError(
        `${source.path}: became ${length - offset} bytes shorter while it was read; copy it again`,
      );
    }
    offset += bytesRead;
  }
  return buffer;
}

function requireLittleEndian(path: string): void {
  if (endianness() !== "LE") {
    throw new CheckpointError(`${path}: safetensors files need a little-endian machine`);
  }
}
