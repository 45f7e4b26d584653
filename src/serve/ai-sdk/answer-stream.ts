import type {
  LanguageModelV3FinishReason,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from "@ai-sdk/provider";
import type { ModelAnswer } from "../../language-model/language-model.ts";
import type { ModelCall } from "./lazy-model.ts";

/** An answer that has begun. */
interface BegunAnswer {
  readonly call: ModelCall;
  /** What stands before the text. */
  readonly start: readonly LanguageModelV3StreamPart[];
  /** What `pieces` gave first. */
  readonly first: IteratorResult<string, ModelAnswer>;
  readonly pieces: AsyncGenerator<string, ModelAnswer>;
  endOf(answer: ModelAnswer): {
    readonly finishReason: LanguageModelV3FinishReason;
    readonly usage: LanguageModelV3Usage;
  };
}

const id = "text";

/**
 * An answer in the AI SDK's parts as it comes. A reader that falls behind holds the model back; one
 * that leaves, and the call's signal, end it and free its slot.
 */
export function answerStream(answer: BegunAnswer): ReadableStream<LanguageModelV3StreamPart> {
  const { call, start, pieces, endOf } = answer;
  let first: BegunAnswer["first"] | undefined = answer.first;
  let isTextOpen = false;
  const leave = () => pieces.return(undefined as never).then(call.end, call.end);
  return new ReadableStream({
    start(controller) {
      const end = () => {
        controller.error(call.signal.reason);
        void leave();
      };
      for (const part of start) controller.enqueue(part);
      if (call.signal.aborted) end();
      else call.signal.addEventListener("abort", end, { once: true });
    },
    async pull(controller) {
      let parts: readonly LanguageModelV3StreamPart[];
      let isOver = true;
      try {
        const { done, value } = first ?? (await pieces.next());
        first = undefined;
        isOver = done === true;
        const opening = isTextOpen || isOver ? [] : [{ type: "text-start", id } as const];
        isTextOpen ||= !isOver;
        parts =
          done === true
            ? [...closing(isTextOpen), { type: "finish", ...endOf(value) }]
            : [...opening, { type: "text-delta", id, delta: value }];
      } catch (error) {
        parts = [{ type: "error", error }, failed];
      }
      if (call.signal.aborted) return; // the stream has its error
      for (const part of parts) controller.enqueue(part);
      if (!isOver) return;
      controller.close();
      call.end();
    },
    cancel: leave,
  });
}

const closing = (isTextOpen: boolean): LanguageModelV3StreamPart[] =>
  isTextOpen ? [{ type: "text-end", id }] : [];

/** The end of an answer that broke off. */
const failed: LanguageModelV3StreamPart = {
  type: "finish",
  finishReason: { unified: "error", raw: undefined },
  usage: {
    inputTokens: {
      total: undefined,
      noCache: undefined,
      cacheRead: undefined,
      cacheWrite: undefined,
    },
    outputTokens: { total: undefined, text: undefined, reasoning: undefined },
  },
};
