import { z } from "zod";
import { loadImage } from "../language-model/load-image.ts";
import type { LocalModel } from "../language-model/local-model.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import type { Context } from "./context.ts";

/** The flag of every command that shows images to a model. */
export const imageFlag = z
  .array(z.string().min(1))
  .default([])
  .meta({ placeholder: "FILE" })
  .describe("an image: PNG, JPEG, WebP, GIF or SVG; may be repeated");

/** The images that the user means, for a model. @throws {ImageError} when one cannot be used */
export function loadImages(
  files: readonly string[],
  { directory }: Pick<Context, "directory">,
  { config }: Pick<LocalModel, "config">,
): Promise<ImagePixels[]> {
  const request = { directory, longestSide: config.vision?.longestSide };
  return Promise.all(files.map((file) => loadImage(file, request)));
}
