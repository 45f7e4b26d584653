import { type Provider, timeoutFailure } from "./provider-failure.ts";

/** How long a request may take, and who may end it earlier. */
export interface Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Asks a provider for no longer than a time, the reading of its answer included.
 *
 * @param ask - ends when its signal says so
 * @throws the reason of the caller's signal when that ended it
 * @throws {ProviderError} when the time is over
 */
export async function withDeadline<Answer>(
  provider: Provider,
  { timeoutMs, signal }: Deadline,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  const forward = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", forward, { once: true });
  try {
    return await ask(controller.signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (controller.signal.aborted) throw timeoutFailure(provider, timeoutMs, error);
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", forward);
  }
}
