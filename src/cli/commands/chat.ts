import { createInterface } from "node:readline";
import { z } from "zod";
import { ConfigError, ImageError, ModelError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { Conversation } from "../conversation.ts";
import { deviceFlags } from "../device-flags.ts";
import { imageFlag } from "../image-flag.ts";
import { samplingFlags, samplingSettings } from "../sampling-flags.ts";
import { weightsFlag } from "../weights-flag.ts";
import { withModel } from "../with-model.ts";

const schema = z.strictObject({
  model: z.string().describe("a model's folder, a .gguf file, or a run's id or name"),
  system: z
    .string()
    .optional()
    .meta({ placeholder: "TEXT" })
    .describe("what the model is told first"),
  image: imageFlag,
  ...samplingFlags,
  ...weightsFlag,
  ...deviceFlags,
});

const commands =
  "/image FILE shows an image with the next turn, /reset forgets the conversation, /exit or Ctrl-D ends it";

/** `foretoken chat`: a conversation on standard input and output, one line a turn. */
export const command = defineCommand({
  schema,
  positionals: ["model"],
  details: `${commands}.\nImages of --image are shown with the first turn. Each [image] in a turn is the place of one of its\nimages, in order; images without a mark stand at the beginning.`,
  run(flags, context) {
    const settings = samplingSettings(flags);
    return withModel(
      context,
      { flags, slots: 1, contextTokens: flags.contextTokens },
      async (model) => {
        const conversation = new Conversation({ model, settings, system: flags.system }, context);
        for (const file of flags.image) await conversation.show(file);
        await converse(conversation, context);
        return { json: { messages: conversation.messages } };
      },
    );
  },
});

async function converse(conversation: Conversation, context: Context): Promise<void> {
  const lines = createInterface({ input: context.stdin });
  const close = () => lines.close();
  context.signal.addEventListener("abort", close);
  const ask = () => context.isTty && context.stderr.write("> ");
  if (context.isTty) context.stderr.write(`${commands}\n`);
  ask();
  for await (const line of lines) {
    const text = line.trim();
    if (text === "/exit") break;
    if (text === "/reset") conversation.reset();
    else if (text !== "") await take(conversation, text, context);
    ask();
  }
  context.signal.removeEventListener("abort", close);
}

/** A line that is a turn or shows an image; what is wrong with it is said, and the chat goes on. */
async function take(conversation: Conversation, text: string, context: Context): Promise<void> {
  try {
    if (!/^\/image(\s|$)/.test(text)) return await conversation.answer(text);
    const file = text.slice("/image".length).trim();
    if (file === "") throw new ConfigError("/image: expected a file after it, got none");
    await conversation.show(file);
  } catch (error) {
    if (error instanceof ModelError) {
      context.stderr.write(`${error.message}; or begin anew with /reset\n`);
    } else if (error instanceof ImageError || error instanceof ConfigError) {
      context.stderr.write(`${error.message}\n`);
    } else throw error;
  }
}
