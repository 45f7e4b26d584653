import { z } from "zod";
import { loadImage } from "../language-model/load-image.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import type { Context } from "./context.ts";

/** The flag of every command that shows images to a model. */
export const imageFlag = z
  .array(z.string().min(1))
  .default([])
  .meta({ placeholder: "FILE" })
  .describe("an image: PNG, JPEG, WebP, GIF or SVG; may be repeated");

/** The images that the user means. @throws {ImageError} when one of them cannot be used */
export function loadImages(
  files: readonly string[],
  { directory }: Pick<Context, "directory">,
): Promise<ImagePixels[]> {
  return Promise.all(files.map((file) => loadImage(file, { directory })));
}
