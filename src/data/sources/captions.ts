import { readFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { imageMark } from "../../model/text/special-tokens.ts";
import type { Document } from "../document.ts";
import type { Origin } from "../source-origin.ts";
import { decode } from "../steps/decode.ts";
import { type Caption, readCaptions } from "./caption-files.ts";
import { fingerprintFiles, listFiles } from "./folder.ts";
import { isForged, storeImages } from "./image-records.ts";
import { isImagePath } from "./image-reference.ts";
import { fingerprintFile } from "./jsonl.ts";
import type { Reading, Source, SourceContext } from "./source.ts";

/**
 * A folder of images with captions, each caption a document `[IMG]caption`: those of a file, else of
 * `name.txt` beside `name.png`. The captions of one image lie in one split; images without one are
 * counted as skipped.
 */
export function openImages(
  { folder, captions }: Extract<Origin, { kind: "images" }>,
  { name, baseFolder }: SourceContext,
): Source {
  const root = resolve(baseFolder, folder);
  const where = `source "${name}"`;
  const file = captions === undefined ? undefined : resolve(baseFolder, captions);
  return {
    async fingerprint() {
      const isRead = (path: string) =>
        isImagePath(path) || (file === undefined && path.endsWith(".txt"));
      const own = await fingerprintFiles(root, await listFiles(root, where, isRead));
      return file === undefined ? own : `${own} ${await fingerprintFile(file, name)}`;
    },
    async *documents(_scratch, reading) {
      const images = await listFiles(root, where, isImagePath);
      const found =
        file === undefined ? sidecars(root, images, reading) : readCaptions(file, where, reading);
      const named = new Set<string>();
      for await (const caption of found) {
        named.add(relative(root, resolve(root, caption.image)).split(sep).join("/"));
        const document = await captionDocument(caption, { root, source: name }, reading);
        if (document !== undefined) yield document;
      }
      reading.skipped += images.filter((image) => !named.has(image)).length;
    },
  };
}

/** The captions beside the images, in the order of the images. */
async function* sidecars(
  root: string,
  images: readonly string[],
  reading: Reading,
): AsyncGenerator<Caption> {
  for (const image of images) {
    const path = join(root, image.replace(/\.[^.]+$/, ".txt"));
    const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return undefined;
      throw cause;
    });
    if (bytes === undefined) continue;
    const parts: string[] = [];
    for await (const text of decode([bytes], reading)) parts.push(text);
    yield { item: image, image, caption: parts.join("") };
  }
}

async function captionDocument(
  { item, image, caption }: Caption,
  { root, source }: { readonly root: string; readonly source: string },
  reading: Reading,
): Promise<Document | undefined> {
  const text = caption.trim();
  if (text === "") {
    reading.broken.push({ item, reason: "expected a caption, got a blank one" });
    return undefined;
  }
  if (isForged([text], item, reading)) return undefined;
  const place = { folder: root, root };
  const images = await storeImages({ item, references: [image], place }, reading);
  if (images === undefined) return undefined;
  const splitKey = `image ${images[0]!.hash}`;
  return { id: item, source, text: imageMark + text, hasSpecialTokens: true, images, splitKey };
}
