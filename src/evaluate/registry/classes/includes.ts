import type { EvalTask } from "../../eval-task.ts";
import { answerTask } from "./answer-task.ts";
import { type ClassOptions, expectedOf } from "./class-options.ts";
import { accuracyReport } from "./match-report.ts";

/**
 * The part of a text that is like a right answer, the last one; places are counted in the lower-case
 * text, as the original does, also where that has more characters.
 *
 * @returns undefined when there is none
 */
export function includedAnswer(
  text: string,
  ideal: string,
  { ignoreCase }: { readonly ignoreCase: boolean },
): string | undefined {
  const [searched, sought] = ignoreCase ? [text.toLowerCase(), ideal.toLowerCase()] : [text, ideal];
  const at = searched.lastIndexOf(sought);
  if (at === -1) return undefined;
  const start = [...searched.slice(0, at)].length;
  return [...text].slice(start, start + [...sought].length).join("");
}

/** `Includes`: a right answer stands anywhere in the text. */
export function includes(options: ClassOptions): EvalTask {
  const ignoreCase = options.args["ignore_case"] === true;
  return answerTask(options, {
    known: ["ignore_case"],
    callArguments: {},
    ideals: (texts) => texts,
    outcome(text, ideals) {
      const isRight = ideals.some(
        (ideal) => includedAnswer(text, ideal, { ignoreCase }) !== undefined,
      );
      const data = { correct: isRight, expected: expectedOf(ideals), picked: text, sampled: text };
      return {
        scores: { accuracy: { value: isRight ? 1 : 0, answer: text } },
        events: [{ type: "match", data }],
      };
    },
    report: (outcomes) => accuracyReport(outcomes),
  });
}
