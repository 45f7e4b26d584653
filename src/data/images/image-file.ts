import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { DataError } from "../../errors.ts";
import { gridTokens, type ImageGrid, tokenSide } from "../../model/image/geometry.ts";
import { type ImagePixels, imageHash } from "../../model/image/pixels.ts";
import { RecentlyUsed } from "../../workspace/recently-used.ts";
import { type ImageRecord, imageFiles, imageIndexSchema } from "./image-index.ts";

const decompress = promisify(inflate);

/** Pixels that are kept by default: 19,000 images of 96 x 96, to inflate one takes 0.1 ms. */
const defaultKeptBytes = Math.min(2 ** 29, totalmem() / 16);

/** The images of a built data set, inflated when they are asked for; the last ones are kept. */
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
   * @param options - `keptBytes`: of pixels, at least the last image is kept
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
    return this.#kept.get(number, this.#size(number), () => this.#inflate(number));
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await (await this.#handle)?.close();
  }

  #size(number: number): number {
    const { rows, columns } = this.#records[number]!;
    return gridTokens({ rows, columns }) * tokenSide * tokenSide * 3;
  }

  async #inflate(number: number): Promise<ImagePixels> {
    const where = `image ${number} of ${this.#path}`;
    try {
      const expected = this.#size(number);
      const bytes = await decompress(await this.#bytes(number), { maxOutputLength: expected });
      if (bytes.length !== expected) {
        throw new Error(`expected ${expected} bytes of pixels, got ${bytes.length}`);
      }
      const pixels = { grid: this.grid(number), data: new Uint8Array(bytes) };
      if (imageHash(pixels) === this.#records[number]!.hash) return pixels;
      throw new Error("its size or pixels are not those of its hash");
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
