import { createInterface } from "node:readline";
import { z } from "zod";
import { ModelError } from "../../errors.ts";
import type { GenerateSettings, LocalModel } from "../../language-model/local-model.ts";
import type { ChatMessage } from "../../model/text/chat.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import type { Context } from "../context.ts";
import { deviceFlags } from "../device-flags.ts";
import { samplingFlags, samplingSettings } from "../sampling-flags.ts";
import { withModel } from "../with-model.ts";

const schema = z.strictObject({
  model: z.string().describe("a model's folder, or a run's id or name"),
  system: z
    .string()
    .optional()
    .meta({ placeholder: "TEXT" })
    .describe("what the model is told first"),
  ...samplingFlags,
  ...deviceFlags,
});

const commands = "/reset forgets the conversation, /exit or Ctrl-D ends it";

/** `foretoken chat`: a conversation on standard input and output, one line a turn. */
export const command = defineCommand({
  schema,
  positionals: ["model"],
  details: `${commands}.`,
  run(flags, context) {
    const settings = samplingSettings(flags);
    const { system } = flags;
    const opening = system === undefined ? [] : [{ role: "system", content: system }];
    return withModel(
      context,
      { flags, slots: 1, contextTokens: flags.contextTokens },
      async (model) => {
        const messages = await converse({ model, settings, opening }, context);
        return { json: { messages } };
      },
    );
  },
});

interface Conversation {
  readonly model: LocalModel;
  readonly settings: GenerateSettings;
  /** What stays after `/reset`. */
  readonly opening: readonly ChatMessage[];
}

async function converse(
  { model, settings, opening }: Conversation,
  context: Context,
): Promise<readonly ChatMessage[]> {
  let messages = opening;
  const lines = createInterface({ input: context.stdin });
  const close = () => lines.close();
  context.signal.addEventListener("abort", close);
  const ask = () => context.isTty && context.stderr.write("> ");
  if (context.isTty) context.stderr.write(`${commands}\n`);
  ask();
  for await (const line of lines) {
    const text = line.trim();
    if (text === "/exit") break;
    if (text === "/reset") messages = opening;
    else if (text !== "") {
      messages = await answer({ model, settings, opening: messages }, text, context);
    }
    ask();
  }
  context.signal.removeEventListener("abort", close);
  return messages;
}

/** The conversation with the user's turn and the model's; without them when they do not fit. */
async function answer(
  { model, settings, opening }: Conversation,
  content: string,
  context: Context,
): Promise<readonly ChatMessage[]> {
  const messages = [...opening, { role: "user", content }];
  try {
    const reply = model.generate({ kind: "chat", messages }, settings);
    const { text } = await consume(reply, (piece) => {
      context.signal.throwIfAborted();
      context.stdout.write(piece);
    });
    context.stdout.write("\n");
    return [...messages, { role: "assistant", content: text }];
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    context.stderr.write(`${error.message}; or begin anew with /reset\n`);
    return opening;
  }
}
