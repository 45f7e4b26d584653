import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ImageError } from "../errors.ts";
import { decodeImage } from "../model/image/decode-image.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { chatImageUrls, type PromptMessage } from "./chat-prompt.ts";

/** Where images may come from. */
export interface ImagePlaces {
  /** What relative paths begin at; undefined: files are not read, for messages from elsewhere. */
  readonly directory: string | undefined;
}

/**
 * Reads an image as the model sees it.
 *
 * @param url - a `data:` URL or a path; nothing is fetched
 * @throws {ImageError} when it is something else, cannot be read or is no image
 */
export async function loadImage(url: string, { directory }: ImagePlaces): Promise<ImagePixels> {
  if (url.startsWith("data:")) return decodeImage(dataUrlBytes(url), shortened(url));
  if (directory === undefined || /^[a-z][a-z0-9+.-]+:\/\//i.test(url)) {
    const kinds = directory === undefined ? "a data: URL" : "a path or a data: URL";
    throw new ImageError(
      `image: expected ${kinds}, got ${shortened(url)}; nothing is fetched, so give the image itself`,
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
  return decodeImage(bytes, path);
}

/**
 * Reads the images of a conversation in the order in which they appear, for a prompt's `images`.
 *
 * @throws {ImageError} as `loadImage`
 */
export function loadChatImages(
  messages: readonly PromptMessage[],
  places: ImagePlaces,
): Promise<ImagePixels[]> {
  return Promise.all(chatImageUrls(messages).map((url) => loadImage(url, places)));
}

/** @see RFC 2397 */
function dataUrlBytes(url: string): Uint8Array {
  const comma = url.indexOf(",");
  if (comma < 0) {
    throw new ImageError(
      `image: expected data:image/png;base64,... or the like, got ${shortened(url)} without a comma`,
    );
  }
  const body = url.slice(comma + 1);
  if (url.slice(0, comma).toLowerCase().endsWith(";base64")) return Buffer.from(body, "base64");
  try {
    return Buffer.from(decodeURIComponent(body));
  } catch (cause) {
    throw new ImageError(
      `image: expected a data: URL in percent encoding, got ${shortened(url)}; encode it in base64`,
      { cause },
    );
  }
}

function shortened(url: string): string {
  return url.length <= 60 ? url : `${url.slice(0, 60)}…`;
}
