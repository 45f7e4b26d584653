import { LocalModel } from "../src/language-model/local-model.ts";
import type { Tokenizer } from "../src/model/text/tokenizer.ts";
import { openRuntime } from "../src/tensor/runtime.ts";

/** How an engine is held to the same terms as the other. */
export interface AnswererOptions {
  readonly threads: number;
  /** Answers at the same time. */
  readonly slots: number;
  /** Prompt and answer together. */
  readonly contextTokens: number;
}

/** New tokens, and how long they took. */
export interface Answered {
  /** With the token that ended them, when one did. */
  readonly tokens: readonly number[];
  /** Until the first of them. */
  readonly promptSeconds: number;
  readonly seconds: number;
}

/** An engine that goes on from tokens, greedily. */
export interface Answerer {
  readonly name: string;
  answer(
    prompt: readonly number[],
    limits: { readonly maxTokens: number; readonly stopTokens: readonly number[] },
  ): Promise<Answered>;
  close(): Promise<void>;
}

/** A GGUF file in our engine, weights as stored. */
export async function openOurs(
  path: string,
  { threads, slots, contextTokens }: AnswererOptions,
): Promise<Answerer & { readonly tokenizer: Tokenizer }> {
  const runtime = await openRuntime({ threads });
  const model = await LocalModel.open(runtime, path, { slots, contextTokens });
  return {
    name: "foretoken",
    tokenizer: model.tokenizer,
    async answer(tokens, { maxTokens }) {
      const start = performance.now();
      let first: number | undefined;
      const going = model.generate({ kind: "tokens", tokens }, { maxTokens });
      for (;;) {
        const step = await going.next();
        first ??= performance.now();
        if (step.done !== true) continue;
        const seconds = (performance.now() - start) / 1000;
        const promptSeconds = (first - start) / 1000;
        return { tokens: step.value.tokens, promptSeconds, seconds };
      }
    },
    async close() {
      model.release();
      runtime.release();
    },
  };
}
