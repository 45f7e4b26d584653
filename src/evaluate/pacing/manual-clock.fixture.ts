import type { Clock } from "./clock.ts";

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** A clock that stands until a test moves it. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const sleeper = { at: this.#now + milliseconds, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Moves on by a time, waking who sleeps in order. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await settled();
      const next = [...this.#sleepers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      this.#sleepers.delete(next);
      next.wake();
    }
    this.#now = end;
  }

  /**
   * Moves on until some work is done.
   *
   * @throws when nobody sleeps and it is not: it would never be
   */
  async until<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    for (;;) {
      await settled();
      if (isDone) return work;
      const next = Math.min(...[...this.#sleepers].map(({ at }) => at));
      if (next === Number.POSITIVE_INFINITY) throw new Error("nobody sleeps and nothing is done");
      await this.advance(next - this.#now);
    }
  }
}

/** All that follows without the time moving has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
