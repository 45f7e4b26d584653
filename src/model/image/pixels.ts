import type { ImageGrid } from "./geometry.ts";

/** An image as the model sees it: its sides are multiples of `tokenSide`. */
export interface ImagePixels {
  readonly grid: ImageGrid;
  /** [rows * 32, columns * 32, 3], RGB, row-major. */
  readonly data: Uint8Array;
}
