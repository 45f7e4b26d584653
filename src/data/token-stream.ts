import { join } from "node:path";
import type { ImageGrid } from "../model/image/geometry.ts";
import type { Split } from "./document.ts";
import { type DocumentIndex, type IndexedImage, readDocumentIndex } from "./document-index.ts";
import type { SourceManifest } from "./manifest.ts";
import { PackedWindows } from "./packed-windows.ts";
import { TokenFile } from "./token-file.ts";
import { StreamWindows, type Windows } from "./windows.ts";

/** One split of one source. */
export class TokenStream {
  readonly tokens: number;
  readonly #file: TokenFile;
  /** Only where there are images. */
  readonly #index: DocumentIndex | undefined;
  readonly #gridOf: (image: number) => ImageGrid;

  private constructor(file: TokenFile, index: DocumentIndex | undefined, gridOf: GridOf) {
    this.tokens = file.tokens;
    this.#file = file;
    this.#index = index;
    this.#gridOf = gridOf;
  }

  /** Opens a split that has tokens. @throws {DataError} when a file is missing or broken */
  static async open(
    folder: string,
    part: { readonly source: SourceManifest; readonly split: Split; readonly vocabSize: number },
    gridOf: GridOf,
  ): Promise<TokenStream> {
    const { source, split, vocabSize } = part;
    const base = join(folder, split, source.name);
    const tokens = source.tokens[split];
    const file = await TokenFile.open(`${base}.bin`, tokens, vocabSize);
    const hasImages = source.images[split] > 0;
    const index = hasImages ? await readDocumentIndex(base, tokens) : undefined;
    return new TokenStream(file, index, gridOf);
  }

  get hasImages(): boolean {
    return this.#index !== undefined;
  }

  /**
   * Its windows.
   *
   * @param hasPartial - whether a last window that is shorter counts; packed ones all may be
   * @throws {DataError} when an image does not fit into a window
   */
  windows(seqLen: number, hasPartial: boolean): Windows {
    const index = this.#index;
    return index === undefined
      ? new StreamWindows(this.#file, seqLen, hasPartial)
      : new PackedWindows(this.#file, { index, seqLen, gridOf: this.#gridOf });
  }

  /** Its documents in order, where it has images: only such a stream knows where they end. */
  async *documents(): AsyncGenerator<StreamDocument> {
    const { lengths, images } = this.#index ?? { lengths: [], images: [] };
    let start = 0;
    let next = 0;
    for (const [document, length] of lengths.entries()) {
      const tokens = new Int32Array(length);
      await this.#file.read(start, length, tokens);
      const first = next;
      while (images[next]?.document === document) next++;
      yield { tokens, images: images.slice(first, next) };
      start += length;
    }
  }

  /** Images of the whole stream, by number in the store; one that stands twice counts twice. */
  get images(): readonly number[] {
    return this.#index?.images.map(({ image }) => image) ?? [];
  }

  /** Closes its file. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** A document with the places of its images. */
export interface StreamDocument {
  /** With `<s>`, `</s>` and, for each image, the tokens of its layout. */
  readonly tokens: Int32Array;
  readonly images: readonly IndexedImage[];
}

type GridOf = (image: number) => ImageGrid;
