import {
  type EvalSample,
  type EvalTask,
  firstText,
  type SampleContext,
  type SampleOutcome,
} from "../../eval-task.ts";
import { chatPrompt } from "../chat-text.ts";
import {
  atZero,
  type ClassOptions,
  checkArguments,
  expectedOf,
  type FewShot,
  fewShotOf,
  idealsOf,
  orderedSamples,
  promptOf,
} from "./class-options.ts";
import { accuracyReport } from "./match-report.ts";

/** The first of some right answers that the text begins with; spaces and capitals count. */
export function pickedAnswer(text: string, ideals: readonly string[]): string | undefined {
  return ideals.find((ideal) => text.startsWith(ideal));
}

/** A `match` event, and the score that it stands for. */
export function matchOutcome(
  text: string,
  ideals: readonly string[],
  picked: string | undefined,
): SampleOutcome {
  const isRight = picked !== undefined;
  return {
    scores: { accuracy: { value: isRight ? 1 : 0, answer: text } },
    events: [
      {
        type: "match",
        data: {
          correct: isRight,
          expected: expectedOf(ideals),
          picked: picked ?? null,
          sampled: text,
          options: ideals,
        },
      },
    ],
  };
}

/** `Match`: the answer begins with a right one. */
export async function match(options: ClassOptions): Promise<EvalTask> {
  checkArguments(options, ["samples_jsonl", "num_few_shot", "few_shot_jsonl"]);
  const withExamples = await fewShotOf(options);
  return {
    name: options.spec.key,
    samples: () => orderedSamples(options),
    evaluate: (sample, context) => evaluateMatch(sample, context, withExamples),
    report: (outcomes) => accuracyReport(outcomes),
  };
}

async function evaluateMatch(
  sample: EvalSample,
  context: SampleContext,
  withExamples: FewShot,
): Promise<SampleOutcome> {
  const prompt = withExamples(promptOf(sample));
  const ideals = idealsOf(sample);
  const text = firstText(await context.ask({ policy: 0 }, chatPrompt(prompt), atZero));
  return matchOutcome(text, ideals, pickedAnswer(text, ideals));
}
