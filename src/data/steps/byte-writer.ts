import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

const bufferBytes = 1 << 20;

/** Writes a file in large pieces and keeps its SHA-256 on the way. */
export class ByteWriter {
  readonly #handle: FileHandle;
  readonly #hash = createHash("sha256");
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #used = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Creates the file, or empties it. */
  static async create(path: string): Promise<ByteWriter> {
    return new ByteWriter(await open(path, "w"));
  }

  /** Appends bytes; they may be reused once the promise is settled. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#used + bytes.length > bufferBytes) await this.#flush();
    if (bytes.length > bufferBytes) return this.#append(bytes);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Writes what is left, makes it durable, closes; gives the file's SHA-256 in hex. */
  async finish(): Promise<string> {
    await this.#flush();
    await this.#handle.sync();
    await this.#handle.close();
    return this.#hash.digest("hex");
  }

  /** Closes without finishing, after a failure. */
  async abandon(): Promise<void> {
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    const used = this.#used;
    this.#used = 0;
    if (used > 0) await this.#append(this.#buffer.subarray(0, used));
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    let done = 0;
    while (done < bytes.length) {
      done += (await this.#handle.write(bytes, done)).bytesWritten;
    }
  }
}
