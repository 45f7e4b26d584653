import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { decodeImage } from "../../model/image/decode-image.ts";
import type { ImageGrid } from "../../model/image/geometry.ts";
import { imageHash } from "../../model/image/pixels.ts";
import { Turns } from "../../workspace/turns.ts";
import type { StoredImage } from "../document.ts";
import { NearDuplicateImages } from "../near-duplicates/near-duplicate-images.ts";
import { type PerceptualHash, perceptualHash } from "../near-duplicates/perceptual-hash.ts";
import type { ImageSink, PreparedImage } from "../sources/source.ts";
import { ByteWriter } from "../steps/byte-writer.ts";
import { type ImageRecord, imageFiles } from "./image-index.ts";

const compress = promisify(deflate);

/**
 * The images of a data set while it is built: each kept once, its pixels as the model sees them,
 * deflated, which a training run reads ten times faster than PNG. Equal images in an equal order
 * give equal files.
 */
export class ImageStore implements ImageSink {
  readonly #folder: string;
  readonly #nearDuplicates: NearDuplicateImages | undefined;
  readonly #writer: ByteWriter;
  readonly #records: ImageRecord[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #clusters: number[] = [];
  /** Numbers of the images that near duplicates were looked for of. */
  readonly #compared: number[] = [];
  readonly #longestSide: number | undefined;
  #bytes = 0;
  readonly #turns = new Turns();

  private constructor(
    folder: string,
    writer: ByteWriter,
    options: {
      readonly nearDuplicates: NearDuplicateImages | undefined;
      readonly longestSide: number | undefined;
    },
  ) {
    this.#folder = folder;
    this.#nearDuplicates = options.nearDuplicates;
    this.#longestSide = options.longestSide;
    this.#writer = writer;
  }

  /**
   * Begins a store in a data set's folder.
   *
   * @param options - `nearDuplicates`: bits up to which images form a cluster, false: none do;
   *   `longestSide`: pixels to which larger images are brought
   */
  static async create(
    folder: string,
    options: {
      readonly nearDuplicates: number | false;
      readonly scratchFolder: string;
      readonly longestSide?: number;
    },
  ): Promise<ImageStore> {
    const { nearDuplicates: distance, scratchFolder, longestSide } = options;
    const thumbnailFile = join(scratchFolder, "thumbnails");
    const nearDuplicates =
      distance === false ? undefined : new NearDuplicateImages({ distance, thumbnailFile });
    const writer = await ByteWriter.create(join(folder, imageFiles.pixels));
    return new ImageStore(folder, writer, { nearDuplicates, longestSide });
  }

  /** How many images it holds. */
  get count(): number {
    return this.#records.length;
  }

  async prepare(
    bytes: Uint8Array,
    where: string,
    { isGenerated = false }: { readonly isGenerated?: boolean } = {},
  ): Promise<PreparedImage> {
    const pixels = await decodeImage(bytes, where, { longestSide: this.#longestSide });
    const isCompared = this.#nearDuplicates !== undefined && !isGenerated;
    return {
      hash: imageHash(pixels),
      grid: pixels.grid,
      deflated: await compress(pixels.data),
      perceptual: isCompared ? perceptualHash(pixels) : undefined,
    };
  }

  add(image: PreparedImage): Promise<StoredImage> {
    return this.#turns.take(() => this.#store(image));
  }

  async #store({ hash, grid, deflated, perceptual }: PreparedImage): Promise<StoredImage> {
    const known = this.#numbers.get(hash);
    if (known !== undefined) return { number: known, hash, grid, cluster: this.#clusters[known]! };
    const number = this.#records.length;
    this.#numbers.set(hash, number);
    this.#clusters.push(this.#clusterOf(number, perceptual));
    this.#records.push({ hash, offset: this.#bytes, length: deflated.length, ...grid });
    this.#bytes += deflated.length;
    await this.#writer.write(deflated);
    return { number, hash, grid, cluster: this.#clusters[number]! };
  }

  /** The number of the first image that this one nearly repeats, or its own. */
  #clusterOf(number: number, perceptual: PerceptualHash | undefined): number {
    if (perceptual === undefined) return number;
    const twin = this.#nearDuplicates?.find(perceptual);
    this.#compared.push(number);
    return twin === undefined ? number : this.#compared[twin.image]!;
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
