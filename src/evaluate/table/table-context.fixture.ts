import type { CallArguments, Message } from "../../language-model/language-model.ts";
import type { EvalTask, SampleContext, SampleOutcome } from "../eval-task.ts";

/** A question that a model was asked. */
export interface AskedQuestion {
  /** Place among the evaluated models, or the grader. */
  readonly by: number | "grader";
  readonly messages: readonly Message[];
  readonly arguments: CallArguments;
}

/** Models that answer by a function, and what they were asked. */
export function tableContext(answer: (question: AskedQuestion, text: string) => string): {
  readonly asked: AskedQuestion[];
  readonly context: SampleContext;
} {
  const asked: AskedQuestion[] = [];
  const context: SampleContext = {
    seed: 1,
    async ask(model, messages, given) {
      const by = model === "grader" ? model : model.policy;
      const question = { by, messages, arguments: given };
      asked.push(question);
      const text = answer(question, String(messages.at(-1)!.content));
      return {
        ...{ texts: [text], finishReasons: ["stop"], toolCalls: [[]], model: "m" },
        ...{ usage: undefined, unsupported: [] },
      };
    },
    score: () => Promise.reject(new Error("not asked for")),
    complete: () => Promise.reject(new Error("not asked for")),
  };
  return { asked, context };
}

/** The outcomes of all samples of a task, one after the other. */
export async function outcomesOf(
  task: EvalTask,
  context: SampleContext,
): Promise<readonly SampleOutcome[]> {
  const outcomes: SampleOutcome[] = [];
  for (const sample of await task.samples()) outcomes.push(await task.evaluate(sample, context));
  return outcomes;
}
