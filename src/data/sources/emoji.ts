import { basename, extname, join } from "node:path";
import { imageMark } from "../../model/text/special-tokens.ts";
import { mapAhead } from "../../workspace/map-ahead.ts";
import type { Document, StoredImage } from "../document.ts";
import { emojiCaption } from "./emoji-caption.ts";
import type { EmojiConcept, EmojiNames } from "./emoji-names.ts";
import type { SourceFile } from "./folder.ts";
import { iconPictures } from "./icon-set.ts";
import { prepareImages, storePrepared } from "./image-records.ts";
import { isImagePath } from "./image-reference.ts";
import { imagesAhead, type Reading } from "./source.ts";

/** A picture of a concept: a path, or a `data:` URL. */
interface EmojiPicture {
  readonly file: SourceFile;
  readonly item: string;
  readonly reference: string;
  readonly concept: EmojiConcept;
}

/**
 * The documents `[IMG]caption` of files that are pictures of an emoji, or icon sets of them, one for
 * each language. All styles and languages of one concept lie in one split. Files that show no base
 * emoji count as skipped.
 */
export async function* readEmoji(
  files: readonly SourceFile[],
  names: EmojiNames,
  reading: Reading,
): AsyncGenerator<Document> {
  const pictures = mapAhead(picturesIn(files, names, reading), imagesAhead, async (picture) => {
    const { item, reference, file } = picture;
    const place = { folder: file.root, root: file.root };
    const prepared = await prepareImages({ item, references: [reference], place }, reading);
    return { picture, prepared };
  });
  for await (const { picture, prepared } of pictures) {
    const images = await storePrepared(picture.item, prepared, reading);
    if (images !== undefined) yield* documentsOf(picture, images);
  }
}

async function* picturesIn(
  files: readonly SourceFile[],
  names: EmojiNames,
  reading: Reading,
): AsyncGenerator<EmojiPicture> {
  for (const file of files) {
    const isSet = basename(file.path) === "icons.json";
    let count = 0;
    for await (const picture of isSet ? iconSet(file, names) : single(file, names)) {
      count++;
      yield picture;
    }
    if (count === 0) reading.skipped++;
  }
}

async function* single(file: SourceFile, names: EmojiNames): AsyncGenerator<EmojiPicture> {
  const { path } = file;
  const concept = isImagePath(path) ? names.find(basename(path, extname(path))) : undefined;
  if (concept !== undefined) yield { file, item: path, reference: path, concept };
}

/** One picture of each concept. */
async function* iconSet(file: SourceFile, names: EmojiNames): AsyncGenerator<EmojiPicture> {
  const { root, path } = file;
  const seen = new Set<EmojiConcept>();
  for await (const { name, svg } of iconPictures(join(root, path))) {
    const concept = names.find(name);
    if (concept === undefined || seen.has(concept)) continue;
    seen.add(concept);
    const reference = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
    yield { file, item: `${path} ${name}`, reference, concept };
  }
}

function* documentsOf(
  { item, file: { source }, concept }: EmojiPicture,
  images: readonly StoredImage[],
): Generator<Document> {
  for (const [language, label] of concept.labels) {
    const text = imageMark + emojiCaption(label, language, concept.key);
    const splitKey = `emoji ${concept.key}`;
    yield { id: `${item} ${language}`, source, text, hasSpecialTokens: true, images, splitKey };
  }
}
