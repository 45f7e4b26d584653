import type { BatchImage } from "../data/batch.ts";
import { gridPatches, patchesPerToken } from "../model/image/geometry.ts";
import { patchPlaces } from "../model/image/patches.ts";
import type { ImagePixels } from "../model/image/pixels.ts";

/** Patches of a row unless an image has more: four of the smallest images, 96 x 96 pixels. */
const usualRowPatches = 144;

/** Patches that a row of images holds, for a data set's largest image. */
export function rowPatchesFor(largestImagePatches: number): number {
  return Math.max(usualRowPatches, largestImagePatches);
}

/** Size of a step's images and sequences. */
export interface ImageRowShape {
  readonly batchSize: number;
  readonly seqLen: number;
  /** Parts of the batch that are computed one after the other, each with rows of its own. */
  readonly parts: number;
  readonly rowPatches: number;
}

/** A batch's images as the vision tower reads them, see `TowerInput`; parts one after another. */
export interface ImageRows {
  /** Of each part, one of `graphRows`. */
  readonly rows: number;
  /** The images, each with its first patch among all the rows'. */
  readonly placed: readonly { readonly pixels: ImagePixels; readonly first: number }[];
  /** [parts * rows, rowPatches] */
  readonly positions: Int32Array;
  /** [parts * rows, rowPatches]: the image's ordinal in its row, -1 for padding. */
  readonly images: Int32Array;
  /** [batchSize, seqLen]: which of its part's image tokens stands at a position; 0 elsewhere. */
  readonly places: Int32Array;
}

/**
 * Rows that a graph is made for when so many are needed. Few numbers, because each costs a compile:
 * powers of two up to 8, where padding costs less than that, then four numbers to each doubling, so
 * that at most a fifth of the rows is padding.
 */
export function graphRows(needed: number): number {
  const doubling = 2 ** Math.ceil(Math.log2(needed));
  if (doubling <= 8) return doubling;
  const step = doubling / 8;
  return step * Math.ceil(needed / step);
}

interface Packed {
  readonly image: BatchImage;
  readonly part: number;
  readonly row: number;
  /** First patch within the row. */
  readonly start: number;
  /** How many images the row held before. */
  readonly ordinal: number;
}

/**
 * Packs a batch's images into rows, the largest first, each into the first row of its part that has
 * room.
 *
 * @returns undefined when the batch has no images
 */
export function imageRows(
  images: readonly BatchImage[],
  shape: ImageRowShape,
): ImageRows | undefined {
  if (images.length === 0) return undefined;
  const packed = pack(images, shape);
  const rows = graphRows(Math.max(...packed.map(({ row }) => row)) + 1);
  const { batchSize, seqLen, parts, rowPatches } = shape;
  const slots = parts * rows * rowPatches;
  const positions = new Int32Array(slots);
  const ordinals = new Int32Array(slots).fill(-1);
  const places = new Int32Array(batchSize * seqLen);
  const placed = packed.map(({ image, part, row, start, ordinal }) => {
    const { pixels, column } = image;
    const { grid } = pixels;
    const inPart = row * rowPatches + start;
    const first = part * rows * rowPatches + inPart;
    positions.set(patchPlaces(grid), first);
    ordinals.fill(ordinal, first, first + gridPatches(grid));
    for (let token = 0; token < grid.rows * grid.columns; token++) {
      // a break stands behind each row of image tokens
      const at = column + token + Math.floor(token / grid.columns);
      places[image.row * seqLen + at] = inPart / patchesPerToken + token;
    }
    return { pixels, first };
  });
  return { rows, placed, positions, images: ordinals, places };
}

function pack(images: readonly BatchImage[], shape: ImageRowShape): Packed[] {
  const { batchSize, parts, rowPatches } = shape;
  const used = Array.from({ length: parts }, () => [] as { patches: number; images: number }[]);
  const largestFirst = images.toSorted((a, b) => patchesOf(b) - patchesOf(a));
  return largestFirst.map((image) => {
    const part = Math.floor(image.row / (batchSize / parts));
    const rows = used[part]!;
    const size = patchesOf(image);
    let row = rows.findIndex(({ patches }) => patches + size <= rowPatches);
    if (row < 0) row = rows.push({ patches: 0, images: 0 }) - 1;
    const space = rows[row]!;
    const placed = { image, part, row, start: space.patches, ordinal: space.images };
    space.patches += size;
    space.images++;
    return placed;
  });
}

function patchesOf({ pixels }: BatchImage): number {
  return gridPatches(pixels.grid);
}
