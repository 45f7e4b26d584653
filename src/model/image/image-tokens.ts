import type { SpecialTokens, TokenRoles } from "../text/special-tokens.ts";
import type { ImageGrid } from "./geometry.ts";

/** The ids of `[IMG]`, `[IMG_BREAK]` and `[IMG_END]`. */
export type ImageTokenIds = Pick<SpecialTokens, "image" | "imageBreak" | "imageEnd">;

/** The ids of the image tokens; undefined unless a tokenizer has all three. */
export function imageTokenIds(special: TokenRoles): ImageTokenIds | undefined {
  const { image, imageBreak, imageEnd } = special;
  if (image === undefined || imageBreak === undefined || imageEnd === undefined) return undefined;
  return { image, imageBreak, imageEnd };
}

/**
 * The tokens that stand for an image in a text: `[IMG]` for each image token, `[IMG_BREAK]` after
 * each row but the last, which `[IMG_END]` ends.
 *
 * @see transformers, `PixtralProcessor`
 */
export function imageTokens({ rows, columns }: ImageGrid, special: ImageTokenIds): number[] {
  return Array.from({ length: rows }, (_, row) => [
    ...Array<number>(columns).fill(special.image),
    row === rows - 1 ? special.imageEnd : special.imageBreak,
  ]).flat();
}
