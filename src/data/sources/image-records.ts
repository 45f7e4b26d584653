import { ImageError } from "../../errors.ts";
import { shortened } from "../../model/image/data-url.ts";
import { imageMark, specialTokenTexts } from "../../model/text/special-tokens.ts";
import type { StoredImage } from "../document.ts";
import { type ImagePlace, readImage } from "./image-reference.ts";
import type { Reading } from "./source.ts";

/**
 * Whether text that people wrote spells special tokens, which would forge turns and images. Such a
 * record is to be left out: it is noted as broken for an image mark, counted as skipped for others.
 */
export function isForged(texts: readonly string[], item: string, reading: Reading): boolean {
  if (texts.some((text) => text.includes(imageMark))) {
    reading.broken.push({
      item,
      reason: `the mark ${imageMark} stands in the text without an image`,
    });
    return true;
  }
  const forges = texts.some((text) => specialTokenTexts.some((token) => text.includes(token)));
  if (forges) reading.skipped++;
  return forges;
}

/** Images that a record names, in the order of its marks. */
export interface RecordImages {
  /** The record, as its source names it to people. */
  readonly item: string;
  readonly references: readonly string[];
  readonly place: ImagePlace;
}

/** Stores the images of a record; undefined when one cannot be used: then it is noted as broken. */
export async function storeImages(
  { item, references, place }: RecordImages,
  reading: Reading,
): Promise<StoredImage[] | undefined> {
  const stored: StoredImage[] = [];
  try {
    for (const reference of references) {
      const bytes = await readImage(reference, place);
      stored.push(await reading.images.add(bytes, shortened(reference)));
    }
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    reading.broken.push({ item, reason: cause.message });
    return undefined;
  }
  return stored;
}
