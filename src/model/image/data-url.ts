import { ImageError } from "../../errors.ts";
import { encodePng } from "./decode-image.ts";
import type { ImagePixels } from "./pixels.ts";

/**
 * The bytes that a `data:` URL holds.
 *
 * @throws {ImageError} when it holds none
 * @see RFC 2397
 */
export function dataUrlBytes(url: string): Uint8Array {
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

/** An image as the `data:` URL of a PNG. */
export async function imageDataUrl(pixels: ImagePixels): Promise<string> {
  const png = Buffer.from(await encodePng(pixels));
  return `data:image/png;base64,${png.toString("base64")}`;
}

/** A URL as messages show it. */
export function shortened(url: string): string {
  return url.length <= 60 ? url : `${url.slice(0, 60)}…`;
}
