import { z } from "zod";
import type { Prompt } from "../../language-model/prompt.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import { deviceFlags } from "../device-flags.ts";
import { samplingFlags, samplingSettings } from "../sampling-flags.ts";
import { withModel } from "../with-model.ts";

const schema = z.strictObject({
  model: z.string().describe("a model's folder, or a run's id or name"),
  prompt: z.string().meta({ placeholder: "TEXT" }).describe("what the model goes on from"),
  raw: z.boolean().default(false).describe("take the prompt as it is, without the chat template"),
  ...samplingFlags,
  ignoreEos: z.boolean().default(false).describe("go on after </s> and <|im_end|>"),
  ...deviceFlags,
});

/** `foretoken generate`: one text, shown as it comes. */
export const command = defineCommand({
  schema,
  positionals: ["model"],
  details:
    "The prompt is a user's turn: <s> and the chat template are added. With --raw nothing is added,\nand special tokens in the prompt are read as such: --raw --prompt '<s>Once upon' begins a document.",
  run(flags, context) {
    const { prompt: text, ignoreEos } = flags;
    const prompt: Prompt = flags.raw
      ? { kind: "raw", text }
      : { kind: "chat", messages: [{ role: "user", content: text }] };
    const settings = { ...samplingSettings(flags), ignoreEos };
    return withModel(
      context,
      { flags, slots: 1, contextTokens: flags.contextTokens },
      async (model) => {
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
