import { type FileHandle, open } from "node:fs/promises";
import { CheckpointError } from "../../errors.ts";
import { errorCode } from "../../workspace/atomic-file.ts";
import type { HeldParameter } from "../quantised-matrix.ts";
import { OutOfBytes } from "./cursor.ts";
import { type GgufHeader, parseHeader } from "./header.ts";
import { tensorTypes } from "./tensor-types.ts";

/** An open file whose header is known; tensors are read one by one. */
export interface GgufFile extends Pick<GgufHeader, "metadata" | "entries"> {
  readonly path: string;
  /** Floats as float32, blocks as they are. @throws {CheckpointError} when there is none */
  read(name: string): Promise<HeldParameter>;
  close(): Promise<void>;
}

/** Enough for the header of most files; a vocabulary of 150,000 tokens takes 10 MB. */
const firstHeaderBytes = 2 ** 22;
const longestHeaderBytes = 2 ** 28;

/** System calls move less than 2 GiB at once. */
const pieceBytes = 2 ** 26;

/**
 * Opens a GGUF file and checks its header against its length.
 *
 * @throws {CheckpointError} when the file is missing, cut off, of another version, or its header is
 *   broken or has tensors of a type that is not read
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const file = await openFile(path);
  try {
    const information = await file.stat();
    if (!information.isFile()) {
      throw new CheckpointError(`${path}: is not a file; give the path of a GGUF file`);
    }
    const { size } = information;
    const header = await readHeader(path, file, size);
    checkRanges(path, header, size);
    return {
      path,
      ...{ metadata: header.metadata, entries: header.entries },
      read: (name) => readTensor(path, file, { header, name }),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw new CheckpointError(
      errorCode(error) === "ENOENT"
        ? `${path}: there is no such file; give the path of a GGUF file`
        : `${path}: could not be opened: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

async function readHeader(path: string, file: FileHandle, size: number): Promise<GgufHeader> {
  for (let length = Math.min(firstHeaderBytes, size); ; length = Math.min(2 * length, size)) {
    const bytes = await readBytes(path, file, { position: 0, length });
    try {
      return parseHeader(path, bytes);
    } catch (error) {
      if (!(error instanceof OutOfBytes)) throw error;
      if (length < size && length < longestHeaderBytes) continue;
      throw new CheckpointError(
        `${path}: is cut off or broken: its header does not end within ${length} bytes; copy the ` +
          "file again",
        { cause: error },
      );
    }
  }
}

function checkRanges(path: string, { entries, dataStart }: GgufHeader, size: number): void {
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin);
  let covered = 0;
  for (const [name, { begin, bytes }] of inOrder) {
    const end = dataStart + begin + bytes;
    if (end > size) {
      throw new CheckpointError(
        `${path}: is cut off: the tensor ${name} ends at byte ${end} and the file has ${size}; ` +
          "copy the file again",
      );
    }
    if (begin < covered) {
      throw new CheckpointError(
        `${path}: the GGUF header is broken: the tensor ${name} overlaps the one before it; copy ` +
          "the file again",
      );
    }
    covered = begin + bytes;
  }
}

async function readTensor(
  path: string,
  file: FileHandle,
  { header, name }: { readonly header: GgufHeader; readonly name: string },
): Promise<HeldParameter> {
  const entry = header.entries.get(name);
  if (entry === undefined) throw new CheckpointError(`${path}: has no tensor ${name}`);
  const position = header.dataStart + entry.begin;
  const bytes = await readBytes(path, file, { position, length: entry.bytes });
  return tensorTypes[entry.type].decode(bytes, entry.shape);
}

/** Reads exactly `length` bytes into memory of their own. */
async function readBytes(
  path: string,
  file: FileHandle,
  { position, length }: { readonly position: number; readonly length: number },
): Promise<Buffer> {
  const buffer = Buffer.from(new ArrayBuffer(length));
  for (let offset = 0; offset < length; ) {
    const piece = Math.min(length - offset, pieceBytes);
    const { bytesRead } = await file.read(buffer, offset, piece, position + offset);
    if (bytesRead === 0) {
      throw new CheckpointError(
        `${path}: became ${length - offset} bytes shorter while it was read; copy it again`,
      );
    }
    offset += bytesRead;
  }
  return buffer;
}
