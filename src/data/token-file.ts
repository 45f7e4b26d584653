import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { DataError } from "../errors.ts";

/**
 * Files up to this size are held in memory; larger ones are read window by window (0.03 ms each
 * from the system's cache), so that a hundred sources fit too.
 */
const memoryLimitBytes = 16 * 2 ** 20;

/** Bytes of one token in a `.bin` file: 2, or 4 when ids do not fit into 16 bits. */
export function tokenBytes(vocabSize: number): 2 | 4 {
  return vocabSize > 65536 ? 4 : 2;
}

/** A stream of token ids in a little-endian `.bin` file, read at random places. */
export class TokenFile {
  readonly tokens: number;
  readonly #path: string;
  readonly #width: 2 | 4;
  /** Open for files that are too large for memory. */
  readonly #handle: FileHandle | undefined;
  #memory: Promise<Buffer> | undefined;

  private constructor(path: string, size: FileSize, handle: FileHandle | undefined) {
    this.tokens = size.tokens;
    this.#path = path;
    this.#width = size.width;
    this.#handle = handle;
  }

  /**
   * Opens a token file.
   *
   * @param tokens - how many the manifest promises
   * @throws {DataError} when the file is missing or has another length
   */
  static async open(path: string, tokens: number, vocabSize: number): Promise<TokenFile> {
    const width = tokenBytes(vocabSize);
    const expected = tokens * width;
    try {
      const { size } = await stat(path);
      if (size !== expected) {
        throw new DataError(
          `token file ${path}: expected ${expected} bytes, got ${size}; build the data set again`,
        );
      }
      const handle = size > memoryLimitBytes ? await open(path, "r") : undefined;
      return new TokenFile(path, { tokens, width }, handle);
    } catch (cause) {
      if (cause instanceof DataError) throw cause;
      const { code } = cause as NodeJS.ErrnoException;
      throw new DataError(
        `token file ${path}: cannot be opened (${code}); build the data set again`,
        { cause },
      );
    }
  }

  /**
   * Copies tokens [start, start + count) into `target`, beginning at its index 0.
   *
   * @returns how many there were; fewer than `count` at the end of the stream
   */
  async read(start: number, count: number, target: Int32Array): Promise<number> {
    const available = Math.max(0, Math.min(count, this.tokens - start));
    const bytes = await this.#bytes(start * this.#width, available * this.#width);
    target.set(asTokens(bytes, this.#width));
    return available;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle?.close();
  }

  async #bytes(offset: number, length: number): Promise<Buffer> {
    if (this.#handle !== undefined) return readExactly(this.#handle, offset, length);
    this.#memory ??= readFile(this.#path);
    return (await this.#memory).subarray(offset, offset + length);
  }
}

interface FileSize {
  readonly tokens: number;
  readonly width: 2 | 4;
}

/** Node's platforms are little-endian, as the files are. */
function asTokens(bytes: Buffer, width: 2 | 4): Uint16Array | Uint32Array {
  const { buffer, byteOffset, length } = bytes;
  return width === 2
    ? new Uint16Array(buffer, byteOffset, length / width)
    : new Uint32Array(buffer, byteOffset, length / width);
}

async function readExactly(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) throw new DataError("token file: became shorter while it was read");
    done += bytesRead;
  }
  return buffer;
}
