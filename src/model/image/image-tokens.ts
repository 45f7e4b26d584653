import type { SpecialTokens } from "../text/special-tokens.ts";
import type { ImageGrid } from "./geometry.ts";

/**
 * The tokens that stand for an image in a text: `[IMG]` for each image token, `[IMG_BREAK]` after
 * each row but the last, which `[IMG_END]` ends.
 *
 * @see transformers, `PixtralProcessor`
 */
export function imageTokens(
  { rows, columns }: ImageGrid,
  special: Pick<SpecialTokens, "image" | "imageBreak" | "imageEnd">,
): number[] {
  return Array.from({ length: rows }, (_, row) => [
    ...Array<number>(columns).fill(special.image),
    row === rows - 1 ? special.imageEnd : special.imageBreak,
  ]).flat();
}
