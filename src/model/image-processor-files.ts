import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import { errorCode, writeFileAtomic, writeJsonAtomic } from "../workspace/atomic-file.ts";
import { longestPixelSide, mergeSize, patchSize } from "./image/geometry.ts";
import { imageMark, specialTokens, specialTokenTexts } from "./text/special-tokens.ts";

/**
 * Writes what transformers' `AutoProcessor` needs beside a tokenizer to prepare images:
 * `preprocessor_config.json`, `processor_config.json` and `chat_template.jinja`.
 *
 * Images whose sides are multiples of 32 pixels and at most `longestSide` are left at their size.
 *
 * @param folder - exists
 * @param longestSide - pixels
 * @param template - of chats, Jinja; undefined where the model knows none
 */
export async function saveImageProcessor(
  folder: string,
  longestSide: number,
  template: string | undefined,
): Promise<void> {
  const preprocessor = { ...preprocessorConfig, size: { longest_edge: longestSide } };
  await writeJsonAtomic(join(folder, "preprocessor_config.json"), preprocessor);
  await writeJsonAtomic(join(folder, "processor_config.json"), processorConfig);
  if (template !== undefined) {
    await writeFileAtomic(join(folder, "chat_template.jinja"), template);
  }
}

/**
 * The longest side of images, in pixels, that a folder's image processor says; what the tower can
 * read at most where it says more or nothing.
 *
 * @throws {CheckpointError} when a file is broken
 */
export async function readLongestSide(folder: string): Promise<number> {
  const [, given] = await readImageProcessor(folder);
  const { success, data } = sizeSchema.safeParse(given?.["size"]);
  return Math.min(success ? data.longest_edge : longestPixelSide, longestPixelSide);
}

const sizeSchema = z.object({ longest_edge: z.int().min(1) });

/**
 * Checks that a folder's model was taught on images as they are prepared here.
 *
 * @returns what is done otherwise without harm to the model, a sentence each
 * @throws {CheckpointError} when its pixels were scaled in another way
 */
export async function checkImageProcessor(folder: string): Promise<string[]> {
  const [path, given] = await readImageProcessor(folder);
  if (given === undefined) {
    return [
      "nothing says how images were prepared: foretoken's way is taken, mean and deviation 0.5",
    ];
  }
  const changes: string[] = [];
  for (const [key, ours] of Object.entries(preprocessorConfig)) {
    const theirs = given[key];
    if (isSame(theirs, ours) || (theirs === undefined && !meanAndDeviation.includes(key))) continue;
    const [expected, came] = [JSON.stringify(ours), JSON.stringify(theirs) ?? "none"];
    if (scaling.includes(key)) {
      throw new CheckpointError(
        `${path}: expected ${key} ${expected}, got ${came}; the model would see other pixels than ` +
          "it was taught on, so it cannot be loaded",
      );
    }
    if (resizing.includes(key)) changes.push(`images: ${key} is ${expected} here, not ${came}`);
  }
  const longestSide = await readLongestSide(folder);
  const size = JSON.stringify(given["size"] ?? { longest_edge: longestSide });
  const ours = JSON.stringify({ longest_edge: longestSide });
  if (size !== ours) changes.push(`images: size is ${ours} here, not ${size}`);
  return changes;
}

const meanAndDeviation = ["image_mean", "image_std"];
/** What decides the value of a pixel. */
const scaling = ["do_rescale", "rescale_factor", "do_normalize", ...meanAndDeviation];
/** What decides at which size an image is seen. */
const resizing = ["do_resize", "resample"];

const fields = z.record(z.string(), z.unknown());

/** transformers 5 has the image processor within the processor's file, 4 in one of its own. */
async function readImageProcessor(
  folder: string,
): Promise<[path: string, fields: z.infer<typeof fields> | undefined]> {
  const processor = join(folder, "processor_config.json");
  const inner = fields.safeParse((await readJson(processor))?.["image_processor"]);
  if (inner.success) return [processor, inner.data];
  const path = join(folder, "preprocessor_config.json");
  return [path, await readJson(path)];
}

async function readJson(path: string): Promise<z.infer<typeof fields> | undefined> {
  try {
    return fields.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new CheckpointError(`${path}: expected an object of JSON; copy the file again`, {
      cause: error,
    });
  }
}

/** The factor of 1/255 is written with more or fewer digits. */
function isSame(theirs: unknown, ours: unknown): boolean {
  if (typeof theirs === "number" && typeof ours === "number") return Math.abs(theirs - ours) < 1e-9;
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    return theirs.length === ours.length && theirs.every((value, i) => isSame(value, ours[i]));
  }
  return JSON.stringify(theirs) === JSON.stringify(ours);
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
