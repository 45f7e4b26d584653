import { z } from "zod";
import { DataError } from "../../errors.ts";
import { solved } from "../primer/problem.ts";
import { excerpt } from "../sources/jsonl.ts";
import type { EvaluationItem } from "./contamination-index.ts";
import { lettersAndDigits } from "./letters-and-digits.ts";
import { passageLength } from "./passage.ts";

const messageSchema = z.object({ role: z.string(), content: z.string() });

const promptSchema = z.object({ prompt: z.string(), answer: z.string().optional() });

const questionSchema = z.union([
  z.object({ text: z.string() }).transform(({ text }) => text),
  promptSchema.transform(promptText),
  z.object({ question: z.string() }).transform(({ question }) => question),
  z.object({ input: z.string() }).transform(({ input }) => input),
  z.object({ input: z.array(messageSchema).min(1) }).transform(({ input }) => askedText(input)),
]);

const idSchema = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  task_id: z.union([z.string(), z.number()]).optional(),
});

/** Where a line of an evaluation file stands. */
export interface RecordPlace {
  readonly set: string;
  readonly path: string;
  readonly line: number;
}

/** A question about an image: its words alone are shared by many. */
const imageSchema = z.object({ image: z.unknown().refine((image) => image !== undefined) });

/**
 * The evaluation item of a line of JSON: `{text}`, `{prompt, answer}`, `{question}`, or a sample of
 * OpenAI Evals `{input}`. Its `id` or `task_id` names it, else its line. Answers are left out, as
 * the report does, except where a prompt is too short to be recognised without. Undefined for a
 * question about an image.
 *
 * @throws {DataError} naming file and line
 */
export function evaluationRecord(
  line: string,
  { set, path, line: number }: RecordPlace,
): EvaluationItem | undefined {
  const where = `contamination: ${path}, line ${number}`;
  const record = parseJson(line, where);
  if (imageSchema.safeParse(record).success) return undefined;
  const text = questionSchema.safeParse(record);
  if (!text.success) {
    throw new DataError(
      `${where}: expected {"text"}, {"prompt", "answer"}, {"question"} or {"input": text or messages}, got ${excerpt(line)}`,
    );
  }
  const { id, task_id } = idSchema.safeParse(record).data ?? {};
  return { set, id: String(id ?? task_id ?? `line ${number}`), text: text.data };
}

/** A prompt as it is compared: `12 + 7 =` alone would be found wherever a line is `1, 27`. */
export function promptText(question: z.output<typeof promptSchema>): string {
  const { prompt, answer } = question;
  if (answer === undefined || lettersAndDigits(prompt).length >= passageLength) return prompt;
  return solved({ prompt, answer });
}

/** What the user asks; instructions are shared by many samples. Without a user, all of it. */
function askedText(messages: readonly z.output<typeof messageSchema>[]): string {
  const asked = messages.filter(({ role }) => role === "user");
  return (asked.length > 0 ? asked : messages).map(({ content }) => content).join("\n");
}

function parseJson(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new DataError(`${where}: expected one JSON object per line, got ${excerpt(line)}`, {
      cause,
    });
  }
}
