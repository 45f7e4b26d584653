import type { Context } from "./context.ts";
import { formatDuration } from "./number-format.ts";

/** The state of long work, said in one line. */
export interface ProgressState {
  readonly done: number;
  readonly total: number;
  /** Seconds until the end at the present rate, when known. */
  readonly secondsLeft?: number;
  /** What else the line says, in order, as ready text: `{ loss: "2.31", rate: "12k tokens/s" }`. */
  readonly parts: Readonly<Record<string, string>>;
  /** The numbers themselves, for JSON Lines. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Shows progress on standard error. */
export interface Progress {
  update(state: ProgressState): void;
  /** A line that stays, such as what has just been saved. */
  note(text: string): void;
  /** Shows the last state, which may have been held back, and leaves the line. */
  end(): void;
}

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5000;

/**
 * One dense line, rewritten in place on a terminal; elsewhere a plain line now and then, or a JSON
 * line under `--json`.
 *
 * @param label - what the work is, the beginning of every line
 * @param now - the clock in milliseconds, for tests
 */
export function createProgress(
  { stderr, isTty, json }: Pick<Context, "stderr" | "isTty" | "json">,
  label: string,
  now: () => number = Date.now,
): Progress {
  const isRewritten = isTty && !json;
  const intervalMs = isRewritten ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  let shownAt = Number.NEGATIVE_INFINITY;
  let heldBack: ProgressState | undefined;
  let isLineOpen = false;

  const show = (state: ProgressState) => {
    shownAt = now();
    heldBack = undefined;
    if (json) {
      const { done, total, secondsLeft, values } = state;
      stderr.write(`${JSON.stringify({ progress: label, done, total, secondsLeft, ...values })}\n`);
    } else if (isRewritten) {
      stderr.write(`\r\x1b[2K${progressLine(label, state).slice(0, (stderr.columns ?? 80) - 1)}`);
      isLineOpen = true;
    } else {
      stderr.write(`${progressLine(label, state)}\n`);
    }
  };
  return {
    update(state) {
      if (now() - shownAt >= intervalMs) show(state);
      else heldBack = state;
    },
    note(text) {
      if (json) stderr.write(`${JSON.stringify({ note: text })}\n`);
      else stderr.write(isLineOpen ? `\r\x1b[2K${text}\n` : `${text}\n`);
    },
    end() {
      if (heldBack !== undefined) show(heldBack);
      if (isLineOpen) stderr.write("\n");
      isLineOpen = false;
    },
  };
}

/** The dense line: `train 120/2000 6% · loss 2.31 · 12k tokens/s · 3m12s left`. */
function progressLine(label: string, { done, total, secondsLeft, parts }: ProgressState): string {
  const share = total > 0 ? ` ${Math.floor((100 * done) / total)}%` : "";
  const left = secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft)} left`];
  return [`${label} ${done}/${total}${share}`, ...Object.values(parts), ...left].join(" · ");
}
