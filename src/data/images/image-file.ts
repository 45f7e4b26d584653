import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { DataError } from "../../errors.ts";
import { decodeImage } from "../../model/image/decode-image.ts";
import { gridTokens, type ImageGrid, tokenSide } from "../../model/image/geometry.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import { RecentlyUsed } from "../../workspace/recently-used.ts";
import { type ImageRecord, imageFiles, imageIndexSchema } from "./image-index.ts";

/**
 * Decoded pixels that are kept by default: 39,000 images of 96 x 96 pixels, more than our recipes
 * have; to decode one takes a millisecond of the cores that train.
 */
const defaultKeptBytes = Math.min(2 ** 30, totalmem() / 8);

/** The images of a built data set, decoded when they are asked for; the last ones are kept. */
export class ImageFile {
  readonly #path: string;
  readonly #records: readonly ImageRecord[];
  /** Opened for the first image. */
  #handle: Promise<FileHandle> | undefined;
  readonly #kept: RecentlyUsed<number, ImagePixels>;

  private constructor(path: string, records: readonly ImageRecord[], mostBytes: number) {
    this.#path = path;
    this.#records = records;
    this.#kept = new RecentlyUsed(mostBytes);
  }

  /**
   * Opens a data set's images.
   *
   * @param options - `keptBytes`: of decoded pixels, at least the last image is kept
   * @throws {DataError} when they are missing or broken
   */
  static async open(
    folder: string,
    { keptBytes = defaultKeptBytes }: { readonly keptBytes?: number } = {},
  ): Promise<ImageFile> {
    const path = join(folder, imageFiles.pixels);
    try {
      const index = await readFile(join(folder, imageFiles.index), "utf8");
      const records = imageIndexSchema.parse(JSON.parse(index));
      const expected = records.reduce((sum, { length }) => sum + length, 0);
      const { size } = await stat(path);
      if (size === expected) return new ImageFile(path, records, keptBytes);
      throw new DataError(`${path}: expected ${expected} bytes, got ${size}`);
    } catch (cause) {
      throw new DataError(
        `images of ${folder}: cannot be opened (${(cause as Error).message}); build the data set again`,
        { cause },
      );
    }
  }

  /** How many images there are. */
  get count(): number {
    return this.#records.length;
  }

  /** Size of an image. */
  grid(number: number): ImageGrid {
    const { rows, columns } = this.#records[number]!;
    return { rows, columns };
  }

  /** An image's pixels. @throws {DataError} when the file is broken */
  read(number: number): Promise<ImagePixels> {
    return this.#kept.get(number, this.#size(number), () => this.#decode(number));
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await (await this.#handle)?.close();
  }

  #size(number: number): number {
    const { rows, columns } = this.#records[number]!;
    return gridTokens({ rows, columns }) * tokenSide * tokenSide * 3;
  }

  async #decode(number: number): Promise<ImagePixels> {
    const where = `image ${number} of ${this.#path}`;
    try {
      const pixels = await decodeImage(await this.#bytes(number), where);
      const expected = this.grid(number);
      if (isEqualGrid(pixels.grid, expected)) return pixels;
      throw new Error(`expected ${shown(expected)} tokens, got ${shown(pixels.grid)}`);
    } catch (cause) {
      throw new DataError(
        `${where}: cannot be read (${(cause as Error).message}); build the data set again`,
        { cause },
      );
    }
  }

  async #bytes(number: number): Promise<Uint8Array> {
    const { offset, length } = this.#records[number]!;
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await (await this.#opened()).read(bytes, 0, length, offset);
    if (bytesRead === length) return bytes;
    throw new Error(`expected ${length} bytes at ${offset}, got ${bytesRead}`);
  }

  #opened(): Promise<FileHandle> {
    this.#handle ??= open(this.#path, "r").catch((cause: unknown) => {
      this.#handle = undefined; // the next read tries again
      throw cause;
    });
    return this.#handle;
  }
}

function isEqualGrid(a: ImageGrid, b: ImageGrid): boolean {
  return a.rows === b.rows && a.columns === b.columns;
}

function shown({ rows, columns }: ImageGrid): string {
  return `${columns} x ${rows}`;
}
