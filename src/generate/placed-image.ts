import { ModelError } from "../errors.ts";
import { gridPositions, gridTokens, longestTokenSide, tokenSide } from "../model/image/geometry.ts";
import { imageTokenIds, imageTokens } from "../model/image/image-tokens.ts";
import { type ImagePixels, imageHash } from "../model/image/pixels.ts";
import type { Tokenizer } from "../model/text/tokenizer.ts";
import type { ImageEncoder } from "./image-encoder.ts";

/** An image among tokens. */
export interface PlacedImage {
  readonly pixels: ImagePixels;
  /** Its `imageHash`. */
  readonly hash: string;
  /** Place of its first token. */
  readonly start: number;
  /** Place behind its last token. */
  readonly end: number;
}

/** What reads texts with images. */
export interface ImageReader {
  readonly tokenizer: Tokenizer;
  readonly imageEncoder?: ImageEncoder | undefined;
}

/**
 * Finds the images of a text among its tokens.
 *
 * @param tokens - each image's in the layout of `imageTokens`
 * @param images - in the order in which they appear
 * @param reader - whose tokens they are; without an `imageEncoder` the model reads no images
 * @throws {ModelError} when tokens and images do not fit together, or the model reads no images
 */
export function placeImages(
  tokens: readonly number[],
  images: readonly ImagePixels[],
  { tokenizer, imageEncoder }: ImageReader,
): readonly PlacedImage[] {
  const ids = imageTokenIds(tokenizer.special);
  if (imageEncoder === undefined || ids === undefined) {
    if (images.length > 0) throw noTower();
    return [];
  }
  const placed: PlacedImage[] = [];
  for (let at = tokens.indexOf(ids.image); at >= 0; ) {
    const pixels = images[placed.length];
    if (pixels === undefined) throw misfit(images.length, `image tokens of more, at token ${at}`);
    checkPixels(pixels, placed.length);
    const end = at + gridPositions(pixels.grid);
    const { rows, columns } = pixels.grid;
    if (imageTokens(pixels.grid, ids).some((token, i) => tokens[at + i] !== token)) {
      throw new ModelError(
        `images: expected ${rows} rows of ${columns} image tokens at token ${at}, as image ${placed.length + 1} has, got others; expand each image with imageTokens`,
      );
    }
    placed.push({ pixels, hash: imageHash(pixels), start: at, end });
    at = tokens.indexOf(ids.image, end);
  }
  if (placed.length < images.length) {
    throw misfit(images.length, `image tokens of ${placed.length}`);
  }
  return placed;
}

function misfit(count: number, found: string): ModelError {
  return new ModelError(
    `images: ${count} given, but the text has ${found}; give each image once, in the order of its tokens`,
  );
}

function checkPixels({ grid, data }: ImagePixels, index: number): void {
  const { rows, columns } = grid;
  const isSide = (n: number) => Number.isInteger(n) && n >= 1 && n <= longestTokenSide;
  const size = gridTokens(grid) * tokenSide * tokenSide * 3;
  if (isSide(rows) && isSide(columns) && data.length === size) return;
  throw new ModelError(
    `images: expected image ${index + 1} to have 1 to ${longestTokenSide} rows and columns of ${tokenSide} x ${tokenSide} pixels in three colours, got ${rows} x ${columns} and ${data.length} bytes; decode it with decodeImage`,
  );
}

/** Which feature the token at a place of the text stands for; breaks and the end have none. */
export function featureAt({ start, pixels }: PlacedImage, at: number): number | undefined {
  const { columns } = pixels.grid;
  const row = Math.floor((at - start) / (columns + 1));
  const column = (at - start) % (columns + 1);
  return column === columns ? undefined : row * columns + column;
}

/** What is said where images are given to a model that reads none. */
export function noTower(): ModelError {
  return new ModelError(
    "images: this model has no vision tower and reads text alone; leave the images out, or take a model that was trained with images",
  );
}
