import { setTimeout as pause } from "node:timers/promises";
import type { WatchEntry } from "../evaluate/watch/watch-entry.ts";
import type { WatchHistory } from "../evaluate/watch/watch-history.ts";
import type { Context } from "./context.ts";
import type { WatchedEvaluation } from "./eval-suite.ts";
import { runWatched, withoutResult } from "./watch-round.ts";

/** The time of day, and waiting for it. */
export interface WallClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Ends early, without an error, when the signal is given. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const wallClock: WallClock = {
  now: () => Date.now(),
  async wait(milliseconds, signal) {
    const until = Date.now() + milliseconds;
    while (!signal.aborted && Date.now() < until) {
      const left = Math.min(longestTimer, until - Date.now());
      await pause(left, undefined, { signal }).catch(() => undefined);
    }
  },
};

const longestTimer = 2 ** 31 - 1;

/** How a suite is watched. */
export interface WatchOptions {
  readonly suite: readonly WatchedEvaluation[];
  readonly history: WatchHistory;
  /** Milliseconds from the begin of a round to that of the next. */
  readonly everyMs: number;
  /** Rounds in all; undefined: until it is interrupted. */
  readonly times: number | undefined;
  readonly baseline: string | undefined;
  readonly clock: WallClock;
}

/** A round that has ended. */
export interface RoundEnd {
  readonly type: "round-end";
  readonly round: string;
  readonly entries: readonly WatchEntry[];
}

/**
 * Runs a suite again and again. A round begins when the last began so long ago, or at once when it
 * took longer. A round that was broken off is finished when it is not older than that, else marked.
 */
export async function* watchSuite(
  options: WatchOptions,
  context: Context,
): AsyncGenerator<RoundEnd, void> {
  const { suite, history, everyMs, times = Number.POSITIVE_INFINITY, baseline, clock } = options;
  const { signal } = context;
  let half = await halfRoundOf(options);
  for (let done = 0; done < times && !signal.aborted; done++) {
    const begun = half?.begun ?? clock.now();
    const round = half?.round ?? (await history.begin(begun));
    half = undefined;
    const there = new Set(history.of(round).map(({ name }) => name));
    for (const evaluation of suite) {
      if (there.has(evaluation.name)) continue;
      const now = () => clock.now();
      const entry = await runWatched(evaluation, { history, round, baseline, now }, context);
      if (entry === undefined || signal.aborted) return;
    }
    await history.end(round);
    yield { type: "round-end", round, entries: history.of(round) };
    if (done + 1 < times) await clock.wait(Math.max(0, begun + everyMs - clock.now()), signal);
  }
}

/** The round that is to be finished; one that is too old is marked instead. */
async function halfRoundOf({ suite, history, everyMs, clock }: WatchOptions) {
  const half = history.halfRound();
  if (half === undefined || clock.now() - half.begun < everyMs) return half;
  const there = new Set(history.of(half.round).map(({ name }) => name));
  for (const evaluation of suite) {
    if (there.has(evaluation.name)) continue;
    const time = new Date(clock.now()).toISOString();
    const entry = withoutResult(evaluation, "UNFINISHED");
    await history.append({ round: half.round, time, ...entry });
  }
  await history.end(half.round);
  return undefined;
}
