import { type EvalTask, firstText } from "../../eval-task.ts";
import { chatPrompt } from "../chat-text.ts";
import { atZero, type ClassOptions, samplesOf } from "./class-options.ts";
import { matchOutcome, pickedAnswer } from "./match.ts";
import { accuracyReport } from "./match-report.ts";

const instruction = "Complete the phrase as concisely as possible.";

/** What `TestMatch` asks; it has no file. */
const questions = [
  { input: "Once upon a ", ideal: "time" },
  { input: "The first US president was ", ideal: "George Washington" },
  { input: "OpenAI was founded in 20", ideal: "15" },
] as const;

/** `TestMatch`: three questions of its own. */
export function testMatch(options: ClassOptions): EvalTask {
  return {
    name: options.spec.key,
    samples: async () => samplesOf(options, questions),
    async evaluate({ data }, context) {
      const { input, ideal } = data as (typeof questions)[number];
      const prompt = chatPrompt([
        { role: "system", content: instruction },
        { role: "user", content: input },
      ]);
      const text = firstText(await context.ask({ policy: 0 }, prompt, atZero));
      return matchOutcome(text, [ideal], pickedAnswer(text, [ideal]));
    },
    report: (outcomes) => accuracyReport(outcomes),
  };
}
