import type { Engine, TokenEvent } from "./engine.ts";
import type { GenerateRequest } from "./sample.ts";

/**
 * Shares an engine among callers that each wait for their own request. The engine takes a step
 * when a caller waits for a token, and the tokens of all others are kept for them.
 */
export class EngineStreams {
  readonly #engine: Engine;
  readonly #kept = new Map<number, TokenEvent[]>();
  #step: Promise<void> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * The tokens of one request as they come; leaving early cancels it, and so does the signal.
   *
   * @throws {ModelError} as `Engine.submit` and `Engine.step`; the signal's reason
   */
  async *stream(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<TokenEvent, void> {
    signal?.throwIfAborted();
    const number = this.#engine.submit(request);
    const kept: TokenEvent[] = [];
    this.#kept.set(number, kept);
    try {
      for (let unfinished = request.samples; unfinished > 0; ) {
        while (kept.length === 0) {
          await this.#nextStep();
          signal?.throwIfAborted();
        }
        for (const event of kept.splice(0)) {
          if (event.finishReason !== undefined) unfinished -= 1;
          yield event;
        }
      }
    } finally {
      this.#kept.delete(number);
      this.#engine.cancel(number);
    }
  }

  /** The step under way, or a new one. */
  #nextStep(): Promise<void> {
    this.#step ??= this.#takeStep().finally(() => {
      this.#step = undefined;
    });
    return this.#step;
  }

  async #takeStep(): Promise<void> {
    for (const event of await this.#engine.step()) this.#kept.get(event.request)?.push(event);
  }
}
