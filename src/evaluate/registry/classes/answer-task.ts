import type { CallArguments } from "../../../language-model/language-model.ts";
import { type EvalReport, type EvalTask, firstText, type SampleOutcome } from "../../eval-task.ts";
import { chatPrompt } from "../chat-text.ts";
import {
  type ClassOptions,
  checkArguments,
  idealsOf,
  orderedSamples,
  promptOf,
} from "./class-options.ts";

/** What distinguishes a class that asks each sample's prompt once. */
export interface AnswerClass<Ideals> {
  /** Arguments that it takes beside the file. */
  readonly known: readonly string[];
  readonly callArguments: CallArguments;
  /** Reads the right answers, before anything is asked. */
  ideals(texts: readonly string[], id: string): Ideals;
  outcome(text: string, ideals: Ideals): SampleOutcome;
  report(outcomes: readonly SampleOutcome[]): EvalReport;
}

/** An evaluation of one prompt and one answer a sample. */
export function answerTask<Ideals>(
  options: ClassOptions,
  { known, callArguments, ideals, outcome, report }: AnswerClass<Ideals>,
): EvalTask {
  checkArguments(options, ["samples_jsonl", ...known]);
  return {
    name: options.spec.key,
    samples: () => orderedSamples(options),
    async evaluate(sample, context) {
      const prompt = chatPrompt(promptOf(sample));
      const wanted = ideals(idealsOf(sample), sample.id);
      const text = firstText(await context.ask({ policy: 0 }, prompt, callArguments));
      return outcome(text, wanted);
    },
    report,
  };
}
