import { imageMark } from "../../model/text/special-tokens.ts";
import type { Document, StoredImage } from "../document.ts";
import { cut } from "../steps/cut.ts";
import { isForged, type RecordImages, storeImages } from "./image-records.ts";
import type { Reading } from "./source.ts";

/** A text with a mark `[IMG]` for each image. */
export interface InterleavedRecord extends RecordImages {
  readonly source: string;
  readonly text: string;
}

/**
 * The documents of a text with images: a long one is cut, and each part keeps the images whose marks
 * it has. A record with more or fewer marks than images is broken.
 */
export async function* interleavedDocuments(
  record: InterleavedRecord,
  reading: Reading,
): AsyncGenerator<Document> {
  const { item, source, text, references } = record;
  const between = text.split(imageMark);
  const marks = between.length - 1;
  if (marks !== references.length) {
    const reason = `expected a mark ${imageMark} for each image, got ${marks} for ${references.length}`;
    reading.broken.push({ item, reason });
    return;
  }
  if (isForged(between, item, reading)) return;
  const images = await storeImages(record, reading);
  if (images === undefined) return;
  let [part, first] = [0, 0];
  for await (const partText of cut([text])) {
    const own: StoredImage[] = images.slice(first, first + partText.split(imageMark).length - 1);
    first += own.length;
    const document = { id: `${item}#${part++}`, source, text: partText };
    yield own.length === 0
      ? { ...document, hasSpecialTokens: false }
      : { ...document, hasSpecialTokens: true, images: own };
  }
}
