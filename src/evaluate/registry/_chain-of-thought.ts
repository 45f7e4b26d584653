import type { LanguageModel, Message } from "../../language-model/language-model.ts";
import { AskedSteps } from "./_asked-steps.ts";

/** How a model is led to think before it answers. */
export interface ChainOfThought {
  readonly name: string;
  /** Thinks. */
  readonly thinker: LanguageModel;
  /** Says the answer in the form that the question wants. */
  readonly extractor: LanguageModel;
  /** Who says the two templates. */
  readonly role: "assistant" | "system";
  /** Said behind the question. */
  readonly thinkTemplate: string;
  /** Said behind the thoughts. */
  readonly extractTemplate: string;
  /** What is done to the final answer. */
  readonly output: (text: string) => string;
}

/** A model that asks twice: for thoughts, and then for the answer that they lead to. */
export function chainOfThought(options: ChainOfThought): LanguageModel {
  const { name, thinker, extractor, role, output } = options;
  return {
    name,
    concurrency: thinker.concurrency,
    async chat({ messages, ...rest }) {
      const steps = new AskedSteps();
      const first: readonly Message[] = [...messages, { role, content: options.thinkTemplate }];
      const thoughts = await steps.ask(thinker, { ...rest, messages: first });
      const second: readonly Message[] = [
        ...first,
        { role: "assistant", content: thoughts },
        { role, content: options.extractTemplate },
      ];
      return steps.answer(output(await steps.ask(extractor, { ...rest, messages: second })));
    },
    close: async () => undefined,
  };
}
