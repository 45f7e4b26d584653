import { gridTokens, type ImageGrid, tokenSide } from "./geometry.ts";

/** Image tokens that llama.cpp's reader of this family enforces; smaller images are enlarged. */
const fewestTokens = 8;

/** Of the longer edge, in image tokens: 1,024 pixels, as Pixtral's `longest_edge`. */
const longestEdge = 32;

/**
 * The grid that an image is resized to: one rule for training, serving and browser.
 *
 * Larger images are scaled to 1,024 pixels on the longer edge; then each side is rounded to the
 * nearest multiple of 32 pixels, at least one. An image of fewer than 8 tokens is scaled to the
 * area of 8 first, and rounded up where rounding to the nearest gives fewer. An image whose sides
 * fit already keeps its size. Only thin images lose their aspect ratio.
 *
 * @param width - pixels, at least 1
 * @param height - pixels, at least 1
 */
export function fitGrid(width: number, height: number): ImageGrid {
  const shrink = Math.min(1, (longestEdge * tokenSide) / Math.max(width, height));
  const grid = rounded(width * shrink, height * shrink, Math.round);
  if (gridTokens(grid) >= fewestTokens) return grid;
  const enlarge = tokenSide * Math.sqrt(fewestTokens / (width * height));
  const enlarged = rounded(width * enlarge, height * enlarge, Math.round);
  if (gridTokens(enlarged) >= fewestTokens) return enlarged;
  return rounded(width * enlarge, height * enlarge, Math.ceil);
}

function rounded(width: number, height: number, round: (value: number) => number): ImageGrid {
  const tokens = (pixels: number) => Math.min(longestEdge, Math.max(1, round(pixels / tokenSide)));
  return { rows: tokens(height), columns: tokens(width) };
}
