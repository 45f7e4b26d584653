import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { type ImportReport, importModel } from "../../model/import-model.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { formatCount } from "../number-format.ts";
import { withWorkspace } from "../with-workspace.ts";

/** `foretoken import`: a model of another program, made into one of ours. */
export const command = defineCommand({
  schema: z.strictObject({
    source: z
      .string()
      .describe(
        "a Hugging Face folder (Llama, Mistral, or Mistral3 with Pixtral) or a Llama's .gguf file",
      ),
    out: z
      .string()
      .meta({ placeholder: "DIR" })
      .optional()
      .describe("a new or empty folder (default: models/NAME in the workspace)"),
  }),
  positionals: ["source"],
  details:
    "The folder has config.json, tokenizer.json and model.safetensors, or the files that\n" +
    "model.safetensors.index.json names, in float32, float16 or bfloat16. What is made is a MODEL\n" +
    "for every other command, in float32. What this decoder does not compute (biases, scaled RoPE,\n" +
    "sliding windows shorter than the context, quantised weights) is refused, and so is every\n" +
    "tokenizer but byte-level BPE that cuts words as foretoken, GPT-2, SmolLM, Llama 3, Qwen2 or\n" +
    "Tekken do. Its special tokens and its chat template are kept.\n\n" +
    "A GGUF file of the architecture llama may hold F32, F16, BF16, Q8_0, Q4_0 and Q4_1; it is a MODEL\n" +
    "as it is, too, held in memory as the file has it.\n\n" +
    "Example: foretoken import ./their-model --out ./model && foretoken chat ./model",
  async run({ source, out }, context) {
    const from = resolve(context.directory, source);
    const to =
      out === undefined ? await defaultFolder(context, from) : resolve(context.directory, out);
    const report = await importModel(from, to);
    context.stdout.write(describe(report, to));
    return { json: { source: from, out: to, ...report } };
  },
});

/** `models/NAME` of the workspace, which is made. */
function defaultFolder(context: Context, from: string): Promise<string> {
  const name = basename(from).replace(/\.gguf$/i, "");
  return withWorkspace(context, async ({ folder }) => join(folder, "models", name));
}

function describe(report: ImportReport, out: string): string {
  const { architecture, parameters, vocabSize, maxSeqLen, images, changes } = report;
  const lines = [
    `imported ${architecture} into ${out}`,
    `${formatCount(parameters)} parameters, vocabulary ${vocabSize}, context ${maxSeqLen}, ` +
      `images ${images ? "yes" : "no"}`,
    ...changes.map((change) => `- ${change}`),
  ];
  return `${lines.join("\n")}\n`;
}
