import { ImageError } from "../../errors.ts";
import { shortened } from "../../model/image/data-url.ts";
import { imageMark, specialTokenTexts } from "../../model/text/special-tokens.ts";
import type { StoredImage } from "../document.ts";
import { type ImagePlace, readImage } from "./image-reference.ts";
import type { PreparedImage, Reading } from "./source.ts";

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

/** The images of a record, ready to be kept, or why they cannot be used. */
export type PreparedRecord =
  | { readonly images: readonly PreparedImage[] }
  | { readonly reason: string };

/** Makes the images of a record ready to be kept; several records may be under way at once. */
export async function prepareImages(
  { references, place }: RecordImages,
  { images }: Pick<Reading, "images">,
): Promise<PreparedRecord> {
  const prepared: PreparedImage[] = [];
  try {
    for (const reference of references) {
      const bytes = await readImage(reference, place);
      prepared.push(await images.prepare(bytes, shortened(reference)));
    }
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    return { reason: cause.message };
  }
  return { images: prepared };
}

/** Keeps the images of a record; undefined when they cannot be used: then it is noted as broken. */
export async function storePrepared(
  item: string,
  prepared: PreparedRecord,
  reading: Reading,
): Promise<StoredImage[] | undefined> {
  if ("reason" in prepared) {
    reading.broken.push({ item, reason: prepared.reason });
    return undefined;
  }
  const stored: StoredImage[] = [];
  for (const image of prepared.images) stored.push(await reading.images.add(image));
  return stored;
}

/** Prepares and keeps the images of a record. */
export async function storeImages(
  record: RecordImages,
  reading: Reading,
): Promise<StoredImage[] | undefined> {
  return storePrepared(record.item, await prepareImages(record, reading), reading);
}
