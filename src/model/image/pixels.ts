import { createHash } from "node:crypto";
import type { ImageGrid } from "./geometry.ts";

/** An image as the model sees it: its sides are multiples of `tokenSide`. */
export interface ImagePixels {
  readonly grid: ImageGrid;
  /** [rows * 32, columns * 32, 3], RGB, row-major. */
  readonly data: Uint8Array;
}

/** Identity of an image: SHA-256 in hex of its size and pixels, whatever file it came in. */
export function imageHash({ grid, data }: ImagePixels): string {
  const size = `${grid.columns} x ${grid.rows}\n`;
  return createHash("sha256").update(size).update(data).digest("hex");
}
