import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic, writeJsonAtomic } from "../workspace/atomic-file.ts";
import { longestPixelSide, mergeSize, patchSize } from "./image/geometry.ts";
import { chatTemplate } from "./text/chat.ts";
import { imageMark, specialTokens, specialTokenTexts } from "./text/special-tokens.ts";

/**
 * Writes what transformers' `AutoProcessor` needs beside a tokenizer to prepare images:
 * `preprocessor_config.json`, `processor_config.json` and `chat_template.jinja`.
 *
 * Images whose sides are multiples of 32 pixels and at most `longestSide` are left at their size.
 *
 * @param folder - exists
 * @param longestSide - pixels
 */
export async function saveImageProcessor(folder: string, longestSide: number): Promise<void> {
  const preprocessor = { ...preprocessorConfig, size: { longest_edge: longestSide } };
  await writeJsonAtomic(join(folder, preprocessorFile), preprocessor);
  await writeJsonAtomic(join(folder, "processor_config.json"), processorConfig);
  await writeFileAtomic(join(folder, "chat_template.jinja"), chatTemplate);
}

/**
 * The longest side of images, in pixels, that a folder's `preprocessor_config.json` says; what the
 * tower can read at most where it says more or nothing.
 */
export async function readLongestSide(folder: string): Promise<number> {
  const text = await readFile(join(folder, preprocessorFile), "utf8").catch(() => "{}");
  const { success, data } = sizeSchema.safeParse(parsedJson(text));
  return Math.min(success ? data.size.longest_edge : longestPixelSide, longestPixelSide);
}

const preprocessorFile = "preprocessor_config.json";

const sizeSchema = z.object({ size: z.object({ longest_edge: z.int().min(1) }) });

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const processorClass = "PixtralProcessor";

const preprocessorConfig = {
  image_processor_type: "PixtralImageProcessor",
  processor_class: processorClass,
  do_convert_rgb: true,
  do_resize: true,
  patch_size: { height: patchSize, width: patchSize },
  resample: 2, // bilinear
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
};

const processorConfig = {
  processor_class: processorClass,
  patch_size: patchSize,
  spatial_merge_size: mergeSize,
  image_token: imageMark,
  image_break_token: specialTokenTexts[specialTokens.imageBreak],
  image_end_token: specialTokenTexts[specialTokens.imageEnd],
};
