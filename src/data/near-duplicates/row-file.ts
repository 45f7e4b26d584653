import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { DataError } from "../../errors.ts";

const blockBytes = 8 * 2 ** 20;

/**
 * Rows of bytes that outgrow the memory: the latest lie in a block, full blocks in a file,
 * from which single rows are read back (the system's cache keeps the ones asked for often). The
 * file is made with the first full block and removed by `close`.
 */
export class RowFile {
  readonly #path: string;
  readonly #rowBytes: number;
  readonly #block: Uint8Array;
  readonly #row: Uint8Array;
  #file: number | undefined;
  #rows = 0;
  #rowsInFile = 0;

  /** @param path - where the file is made, once the rows fill 8 MiB */
  constructor(path: string, rowBytes: number) {
    this.#path = path;
    this.#rowBytes = rowBytes;
    this.#block = new Uint8Array(rowBytes * Math.floor(blockBytes / rowBytes));
    this.#row = new Uint8Array(rowBytes);
  }

  /** How many rows were added. */
  get rows(): number {
    return this.#rows;
  }

  /** Bytes that it holds in memory. */
  get bytes(): number {
    return this.#block.byteLength + this.#row.byteLength;
  }

  /** Appends a row. */
  add(row: Uint8Array): void {
    const at = (this.#rows - this.#rowsInFile) * this.#rowBytes;
    this.#block.set(row, at);
    this.#rows++;
    if (at + this.#rowBytes === this.#block.length) this.#writeBlock();
  }

  /** A row by its number; overwritten by the next call. */
  read(row: number): Uint8Array {
    if (row >= this.#rowsInFile) {
      const at = (row - this.#rowsInFile) * this.#rowBytes;
      return this.#block.subarray(at, at + this.#rowBytes);
    }
    const bytes = this.#row.byteLength;
    const read = readSync(this.#file!, this.#row, 0, bytes, row * bytes);
    if (read !== bytes) {
      throw new DataError(
        `${this.#path}: expected ${bytes} bytes of row ${row}, found ${read}; the scratch file was changed from outside, start the build again`,
      );
    }
    return this.#row;
  }

  /** Removes the file. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    rmSync(this.#path, { force: true });
  }

  #writeBlock(): void {
    this.#file ??= openSync(this.#path, "w+");
    const bytes = this.#block;
    let position = this.#rowsInFile * this.#row.byteLength;
    for (let at = 0; at < bytes.length; ) {
      const written = writeSync(this.#file, bytes, at, bytes.length - at, position);
      at += written;
      position += written;
    }
    this.#rowsInFile = this.#rows;
  }
}
