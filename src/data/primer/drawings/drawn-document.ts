import { imageMark } from "../../../model/text/special-tokens.ts";
import type { Random } from "../../random.ts";
import type { DrawnProblem, DrawnScene } from "./drawing-task.ts";

/** A question about an image up to its answer, or the image and words that a poem is asked for. */
export function drawnPrompt({ prompt, poem }: Pick<DrawnProblem, "prompt" | "poem">): string {
  return imageMark + (poem === undefined ? `Q: ${prompt}\nA:` : prompt);
}

/** A scene as training reads it: its caption, questions about it, or both. */
export function drawnDocument({ caption, problems }: DrawnScene, random: Random): string {
  const questions = problems.map(({ prompt, answer }) => `Q: ${prompt}\nA: ${answer}`);
  const kind = random.integer(1, 3);
  const isQuestionsAlone = kind === 1 && questions.length > 0;
  const lines = [...(isQuestionsAlone ? [] : [caption]), ...(kind === 2 ? [] : questions)];
  return imageMark + lines.join("\n");
}
