import { imageMark } from "../../../model/text/special-tokens.ts";
import type { Random } from "../../random.ts";
import type { DrawnScene, Question } from "./drawing-task.ts";

/** A question about an image up to its answer. */
export function drawnPrompt({ prompt }: Pick<Question, "prompt">): string {
  return `${imageMark}Q: ${prompt}\nA:`;
}

/** A scene as training reads it: its caption, questions about it, or both. */
export function drawnDocument({ caption, problems }: DrawnScene, random: Random): string {
  const questions = problems.map(({ prompt, answer }) => `Q: ${prompt}\nA: ${answer}`);
  const kind = random.integer(1, 3);
  const lines = [...(kind === 1 ? [] : [caption]), ...(kind === 2 ? [] : questions)];
  return imageMark + lines.join("\n");
}
