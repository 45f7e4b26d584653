import { resolve } from "node:path";
import { z } from "zod";
import { resolveModelFolder } from "../../language-model/resolve.ts";
import { exportHuggingFace } from "../../model/export-hugging-face.ts";
import { defineCommand } from "../command.ts";
import { modelPlaces } from "../with-model.ts";

/** `foretoken export`: a model in a format that others read. */
export const command = defineCommand({
  schema: z.strictObject({
    model: z.string().describe("a run, or a model's folder"),
    to: z.enum(["hf"]).describe("format: hf is a Hugging Face folder"),
    out: z.string().meta({ placeholder: "DIR" }).describe("a new or empty folder"),
  }),
  positionals: ["model"],
  details:
    "The folder holds config.json, generation_config.json, model.safetensors (float32),\n" +
    "tokenizer.json and tokenizer_config.json with the chat template. It loads as it is:\n" +
    "AutoTokenizer.from_pretrained(DIR) and AutoModelForCausalLM.from_pretrained(DIR).\n" +
    "A model that reads images has processor_config.json, preprocessor_config.json and\n" +
    "chat_template.jinja too, and loads with AutoProcessor.from_pretrained(DIR) and\n" +
    "Mistral3ForConditionalGeneration.from_pretrained(DIR). There, images are seen as here when their\n" +
    "sides are multiples of 32 pixels, at most the longest_edge of preprocessor_config.json, and hold\n" +
    "8 squares of 32 or more; others are resized by another rule.",
  async run({ model, out }, context) {
    const folder = await resolveModelFolder(model, modelPlaces(context));
    await exportHuggingFace(folder, resolve(context.directory, out));
    context.stdout.write(`exported ${folder} to ${out}\n`);
    return { json: { model: folder, out } };
  },
});
