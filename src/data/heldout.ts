import type { SpecialTokens } from "../model/text/special-tokens.ts";
import { type Batch, type BatchImage, toBatch } from "./batch.ts";
import type { PlacedImage, Windows } from "./windows.ts";

/** Puts an image of a row into a batch, with its pixels. */
export type LoadImage = (row: number, image: PlacedImage) => Promise<BatchImage>;

/**
 * The fixed windows of a held-out stream: every token except `<s>` and those of images is a target
 * exactly once. Where there are images, only what stands behind one is.
 */
export class HeldoutSet {
  /** How many windows the stream has. */
  readonly windows: number;
  readonly #windows: Windows;
  readonly #options: HeldoutOptions;

  constructor(windows: Windows, options: HeldoutOptions) {
    this.windows = windows.count;
    this.#windows = windows;
    this.#options = options;
  }

  /** Windows [start, start + count); fewer at the end. Rows are `seqLen` long. */
  async read(start: number, count: number): Promise<Batch> {
    const { seqLen, special, source, isConditioned, loadImage } = this.#options;
    const rows = Math.max(0, Math.min(count, this.windows - start));
    const width = seqLen + 1;
    const tokens = new Int32Array(rows * width).fill(special.pad);
    const loading: Promise<BatchImage>[] = [];
    for (let row = 0; row < rows; row++) {
      const target = tokens.subarray(row * width, (row + 1) * width);
      const images = await this.#windows.read(start + row, target);
      loading.push(...images.map((image) => loadImage(row, image)));
    }
    const sources = Array<number>(rows).fill(source);
    const images = await Promise.all(loading);
    return toBatch(tokens, { seqLen, sources, images, special, isConditioned });
  }
}

/** What a held-out set needs beside its windows. */
export interface HeldoutOptions {
  readonly seqLen: number;
  /** Index of its source in the manifest. */
  readonly source: number;
  readonly special: SpecialTokens;
  readonly isConditioned: boolean;
  readonly loadImage: LoadImage;
}
