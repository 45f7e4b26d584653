import { DataError } from "../errors.ts";
import { gridPositions, type ImageGrid } from "../model/image/geometry.ts";
import type { DocumentIndex } from "./document-index.ts";
import type { TokenFile } from "./token-file.ts";
import type { PlacedImage, Windows } from "./windows.ts";

interface Window {
  readonly start: number;
  readonly length: number;
  /** Its images among those of the stream: [first, end). */
  readonly first: number;
  readonly end: number;
}

/**
 * Windows of a stream that has images: whole documents as long as they fit, so that a text stands
 * behind its image and no image is cut. A document longer than a window becomes several, each of
 * which goes on where the one before stopped predicting; the end of a window is `<pad>`.
 */
export class PackedWindows implements Windows {
  readonly #file: TokenFile;
  readonly #windows: readonly Window[];
  readonly #images: readonly { readonly start: number; readonly image: number }[];
  readonly #gridOf: (image: number) => ImageGrid;

  /** @throws {DataError} when an image takes more positions than a window has */
  constructor(
    file: TokenFile,
    options: {
      readonly index: DocumentIndex;
      readonly seqLen: number;
      readonly gridOf: (image: number) => ImageGrid;
    },
  ) {
    const { index, seqLen, gridOf } = options;
    this.#file = file;
    this.#gridOf = gridOf;
    const starts = startsOf(index.lengths);
    this.#images = index.images.map(({ document, offset, image }) => ({
      start: starts[document]! + offset,
      image,
    }));
    this.#windows = pack(index.lengths, {
      width: seqLen + 1,
      images: this.#images.map(({ start, image }) => ({ start, ...extent(gridOf(image), seqLen) })),
    });
  }

  get count(): number {
    return this.#windows.length;
  }

  async read(window: number, target: Int32Array): Promise<readonly PlacedImage[]> {
    const { start, length, first, end } = this.#windows[window]!;
    await this.#file.read(start, length, target);
    return this.#images.slice(first, end).map(({ start: at, image }) => ({
      image,
      column: at - start,
      grid: this.#gridOf(image),
    }));
  }
}

function startsOf(lengths: Uint32Array): Float64Array {
  const starts = new Float64Array(lengths.length);
  for (let i = 1; i < lengths.length; i++) starts[i] = starts[i - 1]! + lengths[i - 1]!;
  return starts;
}

function extent(grid: ImageGrid, seqLen: number): { readonly positions: number } {
  const positions = gridPositions(grid);
  if (positions <= seqLen) return { positions };
  throw new DataError(
    `data set: an image of ${grid.columns} x ${grid.rows} tokens takes ${positions} positions, expected at most the ${seqLen} of a sequence; train with --seq-len ${2 ** Math.ceil(Math.log2(positions + 1))} or leave large images out`,
  );
}

/** Greedy, in the order of the stream. */
function pack(
  lengths: Uint32Array,
  space: {
    readonly width: number;
    readonly images: readonly { readonly start: number; readonly positions: number }[];
  },
): Window[] {
  const windows: Window[] = [];
  let image = 0;
  const close = (start: number, end: number) => {
    const first = image;
    while (image < space.images.length && space.images[image]!.start < end) image++;
    windows.push({ start, length: end - start, first, end: image });
  };
  let start = 0;
  let end = 0;
  for (const length of lengths) {
    if (end > start && end - start + length > space.width) {
      close(start, end);
      start = end;
    }
    end += length;
    while (end - start > space.width) {
      const cut = cutBefore(start + space.width, space.images, image);
      close(start, cut);
      // the last token was only a target, unless an image begins there: those are never targets
      start = cut === start + space.width ? cut - 1 : cut;
    }
  }
  if (end > start) close(start, end);
  return windows;
}

/** `limit`, or the beginning of the image that lies across it. */
function cutBefore(
  limit: number,
  images: readonly { readonly start: number; readonly positions: number }[],
  first: number,
): number {
  for (let i = first; i < images.length && images[i]!.start < limit; i++) {
    const { start, positions } = images[i]!;
    if (start + positions > limit) return start;
  }
  return limit;
}
