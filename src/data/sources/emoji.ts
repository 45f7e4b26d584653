import { basename, extname, join } from "node:path";
import { imageMark } from "../../model/text/special-tokens.ts";
import type { Document } from "../document.ts";
import { emojiCaption } from "./emoji-caption.ts";
import type { EmojiConcept, EmojiNames } from "./emoji-names.ts";
import type { SourceFile } from "./folder.ts";
import { iconPictures } from "./icon-set.ts";
import { storeImages } from "./image-records.ts";
import { isImagePath } from "./image-reference.ts";
import type { Reading } from "./source.ts";

/** A picture of a concept: a path, or a `data:` URL. */
interface EmojiPicture {
  readonly item: string;
  readonly reference: string;
  readonly concept: EmojiConcept;
}

/**
 * The documents `[IMG]caption` of a picture of an emoji, or of an icon set of emojis, one for each
 * language. All styles and languages of one concept lie in one split. Files that show no base emoji
 * count as skipped.
 */
export async function* readEmoji(
  file: SourceFile,
  names: EmojiNames,
  reading: Reading,
): AsyncGenerator<Document> {
  const pictures =
    basename(file.path) === "icons.json" ? iconSet(file, names) : single(file, names);
  let count = 0;
  for await (const picture of pictures) {
    count++;
    yield* documentsOf(picture, file, reading);
  }
  if (count === 0) reading.skipped++;
}

async function* single({ path }: SourceFile, names: EmojiNames): AsyncGenerator<EmojiPicture> {
  const concept = isImagePath(path) ? names.find(basename(path, extname(path))) : undefined;
  if (concept !== undefined) yield { item: path, reference: path, concept };
}

/** One picture of each concept. */
async function* iconSet(
  { root, path }: SourceFile,
  names: EmojiNames,
): AsyncGenerator<EmojiPicture> {
  const seen = new Set<EmojiConcept>();
  for await (const { name, svg } of iconPictures(join(root, path))) {
    const concept = names.find(name);
    if (concept === undefined || seen.has(concept)) continue;
    seen.add(concept);
    const reference = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
    yield { item: `${path} ${name}`, reference, concept };
  }
}

async function* documentsOf(
  { item, reference, concept }: EmojiPicture,
  { root, source }: SourceFile,
  reading: Reading,
): AsyncGenerator<Document> {
  const place = { folder: root, root };
  const images = await storeImages({ item, references: [reference], place }, reading);
  if (images === undefined) return;
  for (const [language, label] of concept.labels) {
    const text = imageMark + emojiCaption(label, language, concept.key);
    const splitKey = `emoji ${concept.key}`;
    yield { id: `${item} ${language}`, source, text, hasSpecialTokens: true, images, splitKey };
  }
}
