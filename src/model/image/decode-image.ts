import sharp, { type Metadata, type Sharp } from "sharp";
import { ImageError } from "../../errors.ts";
import { tokenSide } from "./geometry.ts";
import type { ImagePixels } from "./pixels.ts";
import { resample } from "./resample.ts";
import { fitGrid } from "./resize-rule.ts";

sharp.cache(false); // an image is read once
sharp.concurrency(1); // the cores belong to training

/** Larger images are refused before they are decoded. */
const limits = { pixels: 64 * 2 ** 20, side: 32_768 } as const;

const formats: readonly string[] = ["png", "jpeg", "webp", "gif", "svg"];

/** Sides in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes an image and brings it to the size that the model reads, on libvips' own threads.
 *
 * PNG, JPEG, WebP, GIF and SVG; of an animation the first frame. The orientation of EXIF is
 * applied; what is transparent becomes white; 16 bits become 8, grey and CMYK become sRGB. Nothing
 * that an SVG refers to outside itself is read, and it is drawn at least at the size that is needed.
 * Of images with more than four times the needed sides, libvips first makes smaller ones by a whole
 * factor, at least twice the needed size: this bounds the memory. `resample` does the rest.
 *
 * @param where - named in errors, usually the file
 * @param options - `longestSide`: what longer images are brought to, in pixels, at most 1,024
 * @throws {ImageError} when it is no such image, is cut off or too large
 */
export async function decodeImage(
  bytes: Uint8Array,
  where: string,
  { longestSide }: { readonly longestSide?: number | undefined } = {},
): Promise<ImagePixels> {
  try {
    const metadata = await readHeader(bytes, where);
    const size = checkedSize(metadata, where);
    const grid = fitGrid(size.width, size.height, longestSide);
    const target = { width: grid.columns * tokenSide, height: grid.rows * tokenSide };
    const density = metadata.format === "svg" ? { density: svgDensity(size, target) } : {};
    const opened = sharp(bytes, {
      ...density,
      failOn: "truncated",
      limitInputPixels: limits.pixels,
    });
    const { data, info } = await shrunk(opened.autoOrient(), size, target)
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const source = { width: info.width, height: info.height, data: plainBytes(data) };
    return { grid, data: resample(source, target.width, target.height).data };
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(
      `${where}: expected a whole image in PNG, JPEG, WebP, GIF or SVG, got ${reason(cause)}; check the file, or save it again`,
      { cause },
    );
  }
}

/** The image as a PNG that `decodeImage` gives back bit for bit. */
export async function encodePng({ grid, data }: ImagePixels): Promise<Uint8Array> {
  const size = { width: grid.columns * tokenSide, height: grid.rows * tokenSide };
  return sharp(data, { raw: { ...size, channels: 3 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
}

async function readHeader(bytes: Uint8Array, where: string): Promise<Metadata> {
  // libvips would unpack an SVG in gzip without a limit
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const header = isGzip
    ? undefined
    : await sharp(bytes, { failOn: "truncated", limitInputPixels: false }).metadata();
  if (header !== undefined && formats.includes(header.format)) return header;
  throw new ImageError(
    `${where}: expected PNG, JPEG, WebP, GIF or SVG, got ${header?.format ?? "gzip"}; convert it first`,
  );
}

/** The size of the upright image. @throws {ImageError} when it is too large */
function checkedSize({ autoOrient: { width, height } }: Metadata, where: string): Size {
  if (width * height > limits.pixels || Math.max(width, height) > limits.side) {
    throw new ImageError(
      `${where}: expected at most ${limits.pixels / 2 ** 20} megapixels and ${limits.side} pixels on a side, got ${width} x ${height}; make it smaller first`,
    );
  }
  return { width, height };
}

/** Dots per inch that draw both sides at least as long as needed, the longer at most twice. */
function svgDensity(size: Size, target: Size): number {
  const needed = Math.max(target.width / size.width, target.height / size.height);
  const longest = Math.max(target.width, target.height) / Math.max(size.width, size.height);
  return 72 * Math.max(1, Math.min(needed, 2 * longest));
}

function shrunk(image: Sharp, size: Size, target: Size): Sharp {
  const needed = Math.min(size.width / target.width, size.height / target.height);
  const factor = Math.floor(needed / 2);
  if (factor < 2) return image;
  return image.resize(Math.round(size.width / factor), Math.round(size.height / factor), {
    fit: "fill",
    kernel: "linear",
  });
}

function plainBytes({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

function reason(cause: unknown): string {
  return (cause as Error).message.split("\n")[0]!.trim();
}
