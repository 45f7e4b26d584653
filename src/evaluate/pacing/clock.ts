import { setTimeout as pause } from "node:timers/promises";

/** What time it is, and waiting; another one in tests. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Rejects when the signal is or becomes aborted. */
  sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
}

const longestTimer = 2 ** 31 - 1;

/** The machine's clock, which nobody sets. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) =>
    pause(Math.min(milliseconds, longestTimer), undefined, { signal }),
};
