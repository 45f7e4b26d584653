import { resolve } from "node:path";
import { z } from "zod";
import { resolveModelFolder } from "../../language-model/resolve.ts";
import { exportHuggingFace } from "../../model/checkpoint.ts";
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
  async run({ model, out }, context) {
    const folder = await resolveModelFolder(model, modelPlaces(context));
    await exportHuggingFace(folder, resolve(context.directory, out));
    context.stdout.write(`exported ${folder} to ${out}\n`);
    return { json: { model: folder, out } };
  },
});
