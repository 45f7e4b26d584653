import type { LanguageModel } from "../src/language-model/language-model.ts";
import { localPrompt } from "../src/language-model/local-prompt.ts";
import { encodePrompt } from "../src/language-model/prompt.ts";
import type { Tokenizer } from "../src/model/text/tokenizer.ts";
import type { Turns } from "../src/workspace/turns.ts";
import type { Answered, Answerer } from "./answerer.ts";

/** An answer with its prompt. */
export interface TimedAnswer extends Answered {
  readonly prompt: readonly number[];
}

/**
 * An engine as a model that evaluations ask, and its answers in order. Conversations are written in
 * the template by our tokenizer, so that all engines read the same tokens.
 *
 * @param turns - shared by engines that must not compute at the same time
 */
export function answererModel(
  engine: Answerer,
  tokenizer: Tokenizer,
  turns: Turns,
): { readonly model: LanguageModel; readonly timed: readonly TimedAnswer[] } {
  const timed: TimedAnswer[] = [];
  const { name } = engine;
  const { stopTokens } = tokenizer;
  const model: LanguageModel = {
    ...{ name, concurrency: 1 },
    async chat(request) {
      const places = { directory: ".", longestSide: undefined };
      const { prompt: text } = await localPrompt(tokenizer, request.messages, places);
      const prompt = encodePrompt(tokenizer, text);
      const limits = { maxTokens: Number(request.arguments["max_tokens"]), stopTokens };
      const answered = await turns.take(() => engine.answer(prompt, limits));
      timed.push({ ...answered, prompt });
      const { tokens, seconds } = answered;
      const isEnded = stopTokens.includes(tokens.at(-1)!);
      const [prompt_tokens, completion_tokens] = [prompt.length, tokens.length];
      const answer = {
        texts: [tokenizer.decode(isEnded ? tokens.slice(0, -1) : tokens)],
        ...{ finishReasons: [isEnded ? "stop" : "length"], toolCalls: [[]], model: name },
        usage: {
          ...{ prompt_tokens, completion_tokens },
          total_tokens: prompt_tokens + completion_tokens,
        },
        unsupported: [],
      };
      // its own time, without the wait for the other engine
      return { ...answer, steps: [{ model: name, request, answer, milliseconds: 1000 * seconds }] };
    },
    close: () => engine.close(),
  };
  return { model, timed };
}
