import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ImageError } from "../errors.ts";
import { dataUrlBytes, shortened } from "../model/image/data-url.ts";
import { decodeImage } from "../model/image/decode-image.ts";
import type { ImagePixels } from "../model/image/pixels.ts";

/**
 * Reads an image as the model sees it.
 *
 * @param url - a `data:` URL or a path; nothing is fetched
 * @param options - `directory`: what relative paths begin at; `longestSide`: of the model that will
 *   read it, in pixels
 * @throws {ImageError} when it is something else, cannot be read or is no image
 */
export async function loadImage(
  url: string,
  { directory, longestSide }: ImageRequest,
): Promise<ImagePixels> {
  if (url.startsWith("data:"))
    return decodeImage(dataUrlBytes(url), shortened(url), { longestSide });
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(url)) {
    throw new ImageError(
      `image: expected a path or a data: URL, got ${shortened(url)}; nothing is fetched, so give the image itself`,
    );
  }
  const path = resolve(directory, url);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new ImageError(
      `image: ${path} cannot be read (${(cause as Error).message}); give the path of an image`,
      { cause },
    );
  }
  return decodeImage(bytes, path, { longestSide });
}

/** How an image is to be read. */
export interface ImageRequest {
  readonly directory: string;
  readonly longestSide?: number | undefined;
}
