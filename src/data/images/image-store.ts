import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeImage, encodePng } from "../../model/image/decode-image.ts";
import type { ImageGrid } from "../../model/image/geometry.ts";
import { imageHash } from "../../model/image/pixels.ts";
import { Turns } from "../../workspace/turns.ts";
import type { StoredImage } from "../document.ts";
import { NearDuplicateImages } from "../near-duplicates/near-duplicate-images.ts";
import { perceptualHash } from "../near-duplicates/perceptual-hash.ts";
import type { ImageSink } from "../sources/source.ts";
import { ByteWriter } from "../steps/byte-writer.ts";
import { type ImageRecord, imageFiles } from "./image-index.ts";

/**
 * The images of a data set while it is built: each kept once, as the model sees it, in a lossless
 * PNG. Equal images in an equal order give equal files.
 */
export class ImageStore implements ImageSink {
  readonly #folder: string;
  readonly #nearDuplicates: NearDuplicateImages | undefined;
  readonly #writer: ByteWriter;
  readonly #records: ImageRecord[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #clusters: number[] = [];
  #bytes = 0;
  readonly #turns = new Turns();

  private constructor(
    folder: string,
    writer: ByteWriter,
    nearDuplicates: NearDuplicateImages | undefined,
  ) {
    this.#folder = folder;
    this.#nearDuplicates = nearDuplicates;
    this.#writer = writer;
  }

  /**
   * Begins a store in a data set's folder.
   *
   * @param options - `nearDuplicates`: bits up to which images form a cluster, false: none do
   */
  static async create(
    folder: string,
    options: { readonly nearDuplicates: number | false; readonly scratchFolder: string },
  ): Promise<ImageStore> {
    const { nearDuplicates: distance, scratchFolder } = options;
    const thumbnailFile = join(scratchFolder, "thumbnails");
    const near =
      distance === false ? undefined : new NearDuplicateImages({ distance, thumbnailFile });
    return new ImageStore(folder, await ByteWriter.create(join(folder, imageFiles.pixels)), near);
  }

  /** How many images it holds. */
  get count(): number {
    return this.#records.length;
  }

  /**
   * Images are numbered in the order of the calls.
   *
   * @throws {ImageError} when the bytes are no image that can be used
   */
  add(bytes: Uint8Array, where: string): Promise<StoredImage> {
    return this.#turns.take(() => this.#store(bytes, where));
  }

  async #store(bytes: Uint8Array, where: string): Promise<StoredImage> {
    const pixels = await decodeImage(bytes, where);
    const hash = imageHash(pixels);
    const { grid } = pixels;
    const known = this.#numbers.get(hash);
    if (known !== undefined) return { number: known, hash, grid, cluster: this.#clusters[known]! };
    const number = this.#records.length;
    const cluster = this.#nearDuplicates?.find(perceptualHash(pixels))?.image ?? number;
    this.#clusters.push(cluster);
    this.#numbers.set(hash, number);
    const png = await encodePng(pixels);
    this.#records.push({ hash, offset: this.#bytes, length: png.length, ...grid });
    this.#bytes += png.length;
    await this.#writer.write(png);
    return { number, hash, grid, cluster };
  }

  /** Size of an image that was added. */
  grid(number: number): ImageGrid {
    const { rows, columns } = this.#records[number]!;
    return { rows, columns };
  }

  /** Completes the store; gives the SHA-256 of its files by name. */
  async finish(): Promise<Record<string, string>> {
    this.#nearDuplicates?.close();
    const index = JSON.stringify(this.#records);
    await writeFile(join(this.#folder, imageFiles.index), index);
    return {
      [imageFiles.pixels]: await this.#writer.finish(),
      [imageFiles.index]: createHash("sha256").update(index).digest("hex"),
    };
  }

  /** Closes the store after a failure. */
  async abandon(): Promise<void> {
    this.#nearDuplicates?.close();
    await this.#writer.abandon();
  }
}
