import type { ImageGrid } from "../../model/image/geometry.ts";
import type { Document, SourceCounts, StoredImage } from "../document.ts";
import type { PerceptualHash } from "../near-duplicates/perceptual-hash.ts";

/** Where a source puts the images of its documents. */
export interface ImageSink {
  /**
   * Makes an image ready to be kept; several may be under way at once.
   *
   * @param where - named in errors
   * @param options - `isGenerated`: it repeats others on purpose, near duplicates are not looked for
   * @throws {ImageError} when the bytes are no image that can be used
   */
  prepare(
    bytes: Uint8Array,
    where: string,
    options?: { readonly isGenerated?: boolean },
  ): Promise<PreparedImage>;

  /** Keeps an image, once however often it comes; they are numbered in the order of the calls. */
  add(image: PreparedImage): Promise<StoredImage>;
}

/** An image that is ready to be kept. */
export interface PreparedImage {
  /** Of its pixels. */
  readonly hash: string;
  readonly grid: ImageGrid;
  readonly deflated: Uint8Array;
  /** Undefined: near duplicates are not looked for. */
  readonly perceptual: PerceptualHash | undefined;
}

/** Images that are made ready ahead of the one that is kept: libvips has four threads. */
export const imagesAhead = 8;

/** What a source fills while it is read. */
export interface Reading extends SourceCounts {
  readonly images: ImageSink;
}

/** Where a source may read and write, and what it is called. */
export interface SourceContext {
  readonly name: string;
  /** Relative paths of the recipe start here. */
  readonly baseFolder: string;
  /** Kept between builds: fetched packages. */
  readonly cacheFolder: string;
  readonly seed: number;
}

/** A source of documents. */
export interface Source {
  /** Changes when the source's content may have changed; cheap, without a network. */
  fingerprint(): Promise<string>;
  /** Gets what needs a network, once; gives its integrity as npm writes it. */
  fetch?(): Promise<string>;
  /** Its documents in a fixed order; counts grow as they are read. */
  documents(scratchFolder: string, reading: Reading): AsyncIterable<Document>;
}
