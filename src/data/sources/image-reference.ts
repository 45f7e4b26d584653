import { readFile, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { ImageError } from "../../errors.ts";
import { dataUrlBytes, shortened } from "../../model/image/data-url.ts";

/** Larger files are not read: no image that is decoded needs as much. */
const largestBytes = 256 * 2 ** 20;

/** Where the images that a text names lie. */
export interface ImagePlace {
  /** What relative paths begin at. */
  readonly folder: string;
  /** Images outside of this folder are not read. */
  readonly root: string;
}

/** Whether a path is one of an image that can be decoded, by its extension. */
export function isImagePath(path: string): boolean {
  return /\.(png|jpe?g|webp|gif|svg)$/i.test(path);
}

/** Whether a reference is a URL that would have to be fetched. */
export function isRemote(reference: string): boolean {
  return /^([a-z][a-z0-9+.-]+:|\/\/)/i.test(reference) && !isDataUrl(reference);
}

/**
 * The file that a reference names; undefined for a `data:` URL.
 *
 * @throws {ImageError} when it would have to be fetched, or lies outside of the root
 */
export function imagePath(reference: string, { folder, root }: ImagePlace): string | undefined {
  if (isDataUrl(reference)) return undefined;
  if (isRemote(reference)) {
    throw new ImageError(
      `${shortened(reference)}: expected a path or a data: URL; nothing is fetched, so save the image beside the text`,
    );
  }
  const path = resolve(folder, reference);
  const below = relative(root, path);
  if (!below.startsWith("..") && !isAbsolute(below)) return path;
  throw new ImageError(
    `${shortened(reference)}: expected a path in the source's folder, got one outside; move the image there`,
  );
}

/**
 * The bytes of an image that a text names.
 *
 * @param reference - a path or a `data:` URL; nothing is fetched
 * @throws {ImageError} when it is something else or cannot be read
 */
export async function readImage(reference: string, place: ImagePlace): Promise<Uint8Array> {
  const path = imagePath(reference, place);
  if (path === undefined) return dataUrlBytes(reference);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    throw new ImageError(`${shortened(reference)}: expected an image there, found no file`);
  }
  if (found.size > largestBytes) {
    throw new ImageError(
      `${shortened(reference)}: expected at most ${largestBytes / 2 ** 20} MiB, got ${Math.round(found.size / 2 ** 20)}`,
    );
  }
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ImageError(`${shortened(reference)}: cannot be read (${code})`, { cause });
  }
}

function isDataUrl(reference: string): boolean {
  return /^data:/i.test(reference);
}
