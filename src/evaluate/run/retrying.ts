import { ProviderError } from "../../errors.ts";
import type { LanguageModel } from "../../language-model/language-model.ts";
import { plainModel } from "../../language-model/plain-model.ts";
import { type Clock, systemClock } from "../pacing/clock.ts";

/** How failed calls are tried again. */
export interface RetrySettings {
  /** Tries after the first. */
  readonly retries: number;
  /** Before the first retry, in milliseconds; it doubles each time. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Told of each wait. */
  readonly onWait?: (wait: { readonly milliseconds: number; readonly reason: string }) => void;
  /** Numbers in [0, 1), which spread the waits of calls that failed together. */
  readonly random?: () => number;
  readonly clock?: Clock;
}

/** What holds where nothing else is said: about ten minutes of patience. */
export const defaultRetries: RetrySettings = {
  retries: 10,
  firstWaitMs: 500,
  longestWaitMs: 60_000,
};

/**
 * A model whose calls are tried again when that may help: after rate limits, overload, lost
 * connections and timeouts, as long as the provider asks, else twice as long each time with jitter.
 */
export function retrying(model: LanguageModel, settings: RetrySettings): LanguageModel {
  const again = <Answer>(signal: AbortSignal | undefined, ask: () => Promise<Answer>) =>
    askAgain(settings, signal, ask);
  const { score, complete, ...plain } = plainModel(model);
  return {
    ...plain,
    chat: (request) => again(request.signal, () => model.chat(request)),
    ...(complete !== undefined && {
      complete: (request) => again(request.signal, () => complete(request)),
    }),
    ...(score !== undefined && {
      score: (request) => again(request.signal, () => score(request)),
    }),
  };
}

async function askAgain<Answer>(
  settings: RetrySettings,
  signal: AbortSignal | undefined,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const { random = Math.random, clock = systemClock, onWait } = settings;
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!isWorthRetrying(error) || attempt >= settings.retries) throw error;
      const { retryAfterMs } = error.failure;
      const doubled = Math.min(settings.longestWaitMs, settings.firstWaitMs * 2 ** attempt);
      const milliseconds = retryAfterMs ?? doubled * (0.5 + random() / 2);
      onWait?.({ milliseconds, reason: error.message });
      await clock.sleep(milliseconds, signal);
    }
  }
}

function isWorthRetrying(error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.failure.isRetryable;
}
