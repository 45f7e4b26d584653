import sharp, { type Metadata, type Sharp } from "sharp";
import { ImageError } from "../../errors.ts";
import { type ImageGrid, tokenSide } from "./geometry.ts";
import type { ImagePixels } from "./pixels.ts";
import { resample } from "./resample.ts";
import { fitGrid } from "./resize-rule.ts";

sharp.cache(false); // an image is read once
sharp.concurrency(1); // the cores belong to training

/** Larger images are refused before they are decoded. */
const limits = { pixels: 64 * 2 ** 20, side: 32_768 } as const;

const formats: readonly string[] = ["png", "jpeg", "webp", "gif", "svg"];

/**
 * Decodes an image and brings it to the size that the model reads, on libvips' own threads.
 *
 * PNG, JPEG, WebP, GIF and SVG; of an animation the first frame. The orientation of EXIF is
 * applied; what is transparent becomes white; 16 bits become 8, grey and CMYK become sRGB. SVG is
 * drawn at the size that is needed, and nothing that it refers to outside is read. Photographs
 * that are more than twice too large are halved by libvips first, which bounds the memory.
 *
 * @param where - named in errors, usually the file
 * @throws {ImageError} when it is no such image, is cut off or too large
 */
export async function decodeImage(bytes: Uint8Array, where: string): Promise<ImagePixels> {
  try {
    const metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
    const { width, height } = checkedSize(metadata, where);
    const grid = fitGrid(width, height);
    const image = opened(bytes, metadata, grid);
    const { data, info } = await image
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const source = { width: info.width, height: info.height, data };
    const resized = resample(source, grid.columns * tokenSide, grid.rows * tokenSide);
    return { grid, data: resized.data };
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

/** Upright, in opaque sRGB, not much larger than the grid. */
function opened(bytes: Uint8Array, metadata: Metadata, grid: ImageGrid): Sharp {
  const { width, height } = uprightSize(metadata);
  const target = { width: grid.columns * tokenSide, height: grid.rows * tokenSide };
  const enlarge = Math.max(1, target.width / width, target.height / height);
  const density = metadata.format === "svg" ? { density: 72 * enlarge } : {};
  const image = sharp(bytes, {
    ...density,
    failOn: "truncated",
    limitInputPixels: limits.pixels,
  })
    .autoOrient()
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb");
  const isLarge = width > 2 * target.width && height > 2 * target.height;
  return isLarge
    ? image.resize(2 * target.width, 2 * target.height, { fit: "fill", kernel: "linear" })
    : image;
}

function uprightSize(metadata: Metadata): { readonly width: number; readonly height: number } {
  const { autoOrient } = metadata;
  return { width: autoOrient.width, height: autoOrient.height };
}

function checkedSize(metadata: Metadata, where: string) {
  const { format } = metadata;
  if (!formats.includes(format)) {
    throw new ImageError(
      `${where}: expected PNG, JPEG, WebP, GIF or SVG, got ${format}; convert it first`,
    );
  }
  const { width, height } = uprightSize(metadata);
  if (width * height > limits.pixels || Math.max(width, height) > limits.side) {
    throw new ImageError(
      `${where}: expected at most ${limits.pixels / 2 ** 20} megapixels and ${limits.side} pixels on a side, got ${width} x ${height}; make it smaller first`,
    );
  }
  return { width, height };
}

function reason(cause: unknown): string {
  return (cause as Error).message.split("\n")[0]!.trim();
}
