import { z } from "zod";
import { contentWithImages, rawWithImages } from "../../language-model/image-marks.ts";
import type { Prompt } from "../../language-model/prompt.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import { deviceFlags } from "../device-flags.ts";
import { imageFlag, loadImages } from "../image-flag.ts";
import { samplingFlags, samplingSettings } from "../sampling-flags.ts";
import { weightsFlag } from "../weights-flag.ts";
import { withModel } from "../with-model.ts";

const schema = z.strictObject({
  model: z.string().describe("a model's folder, a .gguf file, or a run's id or name"),
  prompt: z.string().meta({ placeholder: "TEXT" }).describe("what the model goes on from"),
  image: imageFlag,
  raw: z.boolean().default(false).describe("take the prompt as it is, without the chat template"),
  ...samplingFlags,
  ignoreEos: z
    .boolean()
    .default(false)
    .describe("go on after the end of a document or turn, as </s> and <|im_end|>"),
  ...weightsFlag,
  ...deviceFlags,
});

/** `foretoken generate`: one text, shown as it comes. */
export const command = defineCommand({
  schema,
  positionals: ["model"],
  details:
    "The prompt is a user's turn: the model's chat template is added. With --raw nothing is added,\nand special tokens in the prompt are read as such: --raw --prompt '<s>Once upon' begins a document.\nEach [image] in the prompt is the place of an --image, in order; images without a mark stand at the beginning.",
  async run(flags, context) {
    const settings = { ...samplingSettings(flags), ignoreEos: flags.ignoreEos };
    return withModel(
      context,
      { flags, slots: 1, contextTokens: flags.contextTokens },
      async (model) => {
        const prompt = promptOf(flags, await loadImages(flags.image, context, model));
        const completion = await consume(model.generate(prompt, settings), (piece) => {
          context.signal.throwIfAborted();
          context.stdout.write(piece);
        });
        context.stdout.write("\n");
        return { json: completion };
      },
    );
  },
});

function promptOf(
  { prompt: text, raw, image }: Readonly<z.output<typeof schema>>,
  images: readonly ImagePixels[],
): Prompt {
  if (raw) return { kind: "raw", text: rawWithImages(text), images };
  const content = contentWithImages(text, image);
  return { kind: "chat", messages: [{ role: "user", content }], images };
}
