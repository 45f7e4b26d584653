import type { ImageGrid } from "../model/image/geometry.ts";
import type { TokenFile } from "./token-file.ts";

/** An image in a window of tokens. */
export interface PlacedImage {
  /** Its number in the data set's image store. */
  readonly image: number;
  /** Column of its first token. */
  readonly column: number;
  readonly grid: ImageGrid;
}

/** Sequences of one length cut from a stream of tokens, in a fixed order. */
export interface Windows {
  readonly count: number;
  /**
   * Copies a window's tokens to the front of `target` [seqLen + 1]; what it does not fill stays.
   *
   * @returns the window's images, left to right
   */
  read(window: number, target: Int32Array): Promise<readonly PlacedImage[]>;
}

/** Windows of plain text: window i begins at token i * seqLen, wherever documents end. */
export class StreamWindows implements Windows {
  readonly count: number;
  readonly #file: TokenFile;
  readonly #seqLen: number;

  /** @param hasPartial - whether the last, shorter one counts */
  constructor(file: TokenFile, seqLen: number, hasPartial: boolean) {
    const exact = Math.max(0, (file.tokens - 1) / seqLen);
    this.count = hasPartial ? Math.ceil(exact) : Math.floor(exact);
    this.#file = file;
    this.#seqLen = seqLen;
  }

  async read(window: number, target: Int32Array): Promise<readonly PlacedImage[]> {
    await this.#file.read(window * this.#seqLen, this.#seqLen + 1, target);
    return [];
  }
}
