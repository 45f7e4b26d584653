import type { Document, SourceCounts, StoredImage } from "../document.ts";

/** Where a source puts the images of its documents. */
export interface ImageSink {
  /**
   * Keeps an image, once however often it comes.
   *
   * @throws {ImageError} when the bytes are no image that can be used
   */
  add(bytes: Uint8Array, where: string): Promise<StoredImage>;
}

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
