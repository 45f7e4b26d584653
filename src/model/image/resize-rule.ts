import { ImageError } from "../../errors.ts";
import { gridTokens, type ImageGrid, longestPixelSide, tokenSide } from "./geometry.ts";

/** Image tokens that llama.cpp's reader of this family enforces; smaller images are enlarged. */
const fewestTokens = 8;

/**
 * The grid that an image is resized to: one rule for training, serving and browser.
 *
 * 1. An image whose longer edge exceeds the model's longest side, at most 1,024 pixels, is scaled
 *    down to that, both sides alike.
 * 2. Each side is rounded to the nearest multiple of 32 pixels (a half up), at least one.
 * 3. If these are fewer than 8 tokens, the image is scaled up first, by the smallest factor with
 *    which rule 2 gives 8.
 *
 * So there are 8 to 1,024 tokens, an image whose sides fit already keeps its size, and the aspect
 * ratio changes by rounding alone; it is lost only where a side would be under 16 pixels.
 *
 * @param width - pixels, above 0
 * @param height - pixels, above 0
 * @param longestSide - pixels, up to 1,024
 * @throws {ImageError} when there are no pixels
 */
export function fitGrid(
  width: number,
  height: number,
  longestSide: number = longestPixelSide,
): ImageGrid {
  const longest = Math.max(width, height);
  if (!(Math.min(width, height) > 0 && longest < Number.POSITIVE_INFINITY)) {
    throw new ImageError(`image: expected sides of at least 1 pixel, got ${width} x ${height}`);
  }
  const side = tokenSide * Math.max(1, longest / longestSide);
  const grid = { rows: rounded(height / side), columns: rounded(width / side) };
  return gridTokens(grid) >= fewestTokens ? grid : enlarged(width, height);
}

function rounded(tokens: number): number {
  return Math.max(1, Math.round(tokens));
}

/** While the factor grows, the side grows that reaches its next half token first. */
function enlarged(width: number, height: number): ImageGrid {
  let [rows, columns] = [1, 1];
  while (rows * columns < fewestTokens) {
    const across = (columns + 0.5) * height;
    const down = (rows + 0.5) * width;
    if (across <= down) columns++;
    if (down <= across) rows++;
  }
  return { rows, columns };
}
