import type {
  LanguageModel,
  ModelAnswer,
  ModelRequest,
  ModelStep,
} from "../../language-model/language-model.ts";
import { firstText } from "../eval-task.ts";

/** The questions that a completion function has asked so far for one answer. */
export class AskedSteps {
  readonly #steps: ModelStep[] = [];

  /**
   * Asks a model.
   *
   * @returns the text of its first choice
   */
  async ask(model: LanguageModel, request: ModelRequest): Promise<string> {
    const start = performance.now();
    const answer = await model.chat(request);
    const milliseconds = performance.now() - start;
    const steps = answer.steps ?? [{ model: model.name, request, answer, milliseconds }];
    this.#steps.push(...steps);
    return firstText(answer);
  }

  /** The answer that a text stands for, with all that was asked for it. */
  answer(text: string): ModelAnswer {
    const last = this.#steps.at(-1)?.answer;
    return {
      ...{ texts: [text], finishReasons: last?.finishReasons.slice(0, 1) ?? ["stop"] },
      ...{ toolCalls: [last?.toolCalls[0] ?? []], model: last?.model ?? "" },
      usage: this.#usage(),
      unsupported: [...new Set(this.#steps.flatMap((step) => step.answer.unsupported))],
      steps: this.#steps,
    };
  }

  #usage(): ModelAnswer["usage"] {
    const usages = this.#steps.flatMap(({ answer }) => answer.usage ?? []);
    if (usages.length < this.#steps.length || usages.length === 0) return undefined;
    const sum = (name: "prompt_tokens" | "completion_tokens" | "total_tokens") =>
      usages.reduce((total, usage) => total + usage[name], 0);
    return {
      prompt_tokens: sum("prompt_tokens"),
      completion_tokens: sum("completion_tokens"),
      total_tokens: sum("total_tokens"),
    };
  }
}
