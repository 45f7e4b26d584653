import { join } from "node:path";
import { writeFileAtomic, writeJsonAtomic } from "../workspace/atomic-file.ts";
import { longestPatchSide, mergeSize, patchSize } from "./image/geometry.ts";
import { chatTemplate } from "./text/chat.ts";
import { imageMark, specialTokens, specialTokenTexts } from "./text/special-tokens.ts";

/**
 * Writes what transformers' `AutoProcessor` needs beside a tokenizer to prepare images:
 * `preprocessor_config.json`, `processor_config.json` and `chat_template.jinja`.
 *
 * Images whose sides are multiples of 32 pixels and at most 1,024 are left at their size.
 *
 * @param folder - exists
 */
export async function saveImageProcessor(folder: string): Promise<void> {
  await writeJsonAtomic(join(folder, "preprocessor_config.json"), preprocessorConfig);
  await writeJsonAtomic(join(folder, "processor_config.json"), processorConfig);
  await writeFileAtomic(join(folder, "chat_template.jinja"), chatTemplate);
}

const processorClass = "PixtralProcessor";

const preprocessorConfig = {
  image_processor_type: "PixtralImageProcessor",
  processor_class: processorClass,
  do_convert_rgb: true,
  do_resize: true,
  size: { longest_edge: longestPatchSide * patchSize },
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
