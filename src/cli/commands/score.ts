import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";
import { rawWithImages } from "../../language-model/image-marks.ts";
import { defineCommand } from "../command.ts";
import { deviceFlags } from "../device-flags.ts";
import { imageFlag, loadImages } from "../image-flag.ts";
import { weightsFlag } from "../weights-flag.ts";
import { withModel } from "../with-model.ts";

/** `foretoken score`: how likely a model finds a text. */
export const command = defineCommand({
  schema: z.strictObject({
    model: z.string().describe("a model's folder, a .gguf file, or a run's id or name"),
    file: z.string().meta({ placeholder: "FILE" }).describe("the text, UTF-8"),
    image: imageFlag,
    ...weightsFlag,
    ...deviceFlags,
  }),
  positionals: ["model"],
  details:
    "The text is read as `generate --raw` reads a prompt: nothing is added, special tokens in it are\nread as such. The first token is not scored, because nothing comes before it.\nEach [image] in the text is the place of an --image, in order; images without a mark stand at the\nbeginning. Their tokens are given, not scored: in --json their log-probability is 0.",
  async run(flags, context) {
    const text = await readText(resolve(context.directory, flags.file));
    return withModel(context, { flags, slots: 1 }, async (model) => {
      const images = await loadImages(flags.image, context, model);
      const score = await model.score(rawWithImages(text), images);
      const { logProbs, lossNats, bitsPerByte } = score;
      const bits = bitsPerByte === null ? "no text" : `${bitsPerByte.toFixed(4)} bits per byte`;
      context.stdout.write(
        `${lossNats.toFixed(4)} nats per token over ${logProbs.length} tokens, ${bits}\n`,
      );
      return { json: score };
    });
  },
});

async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new DataError(
      `score: ${path} cannot be read (${(cause as Error).message}); give the path of a text file`,
      { cause },
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`score: ${path} is not UTF-8 text; convert it first`, { cause });
  }
}
