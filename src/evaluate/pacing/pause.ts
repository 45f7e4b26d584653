import type { ProviderError } from "../../errors.ts";
import type { CallEnd, PacedCall, PaceRule } from "./pace-rule.ts";

const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/** How long the others wait for the answer to a scout. */
const scoutMs = 1000;

/**
 * Holds all calls back when one was told to come later or could not reach the provider: as long as
 * the provider asks, else twice as long each time. After a pause, and in the beginning, one call goes
 * ahead as a scout; the others follow when it was answered, or after a second.
 */
export class Pause implements PaceRule {
  #until = Number.NEGATIVE_INFINITY;
  /** The last call that started before the pause. */
  #lastBefore = 0;
  #lastStarted = 0;
  #failures = 0;
  #reason: string | undefined;
  #isScouting = true;
  #scout: PacedCall | undefined;

  readyAt(now: number): number {
    if (now < this.#until) return this.#until;
    if (!this.#isScouting || this.#scout === undefined) return now;
    return Math.max(now, this.#scout.startedAt + scoutMs);
  }

  reason(now: number): string | undefined {
    return now < this.#until ? this.#reason : undefined;
  }

  started(call: PacedCall): void {
    this.#lastStarted = call.number;
    if (this.#isScouting) this.#scout ??= call;
  }

  ended(call: PacedCall, { kind, failure }: CallEnd, now: number): void {
    if (this.#scout === call) this.#scout = undefined;
    if (failure !== undefined && concernsOthers(failure)) {
      this.#begin(call, failure, now);
    } else if (kind !== "interrupted" && call.number > this.#lastBefore) {
      this.#isScouting = false;
      this.#failures = 0;
    }
  }

  /** Calls that started before a pause tell the same as the one that began it. */
  #begin(call: PacedCall, { failure, message }: ProviderError, now: number): void {
    const isSame = call.number <= this.#lastBefore;
    if (!isSame) {
      this.#failures++;
      this.#lastBefore = this.#lastStarted;
      this.#isScouting = true;
      this.#scout = undefined;
    }
    const doubled = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1));
    const milliseconds = failure.retryAfterMs ?? (isSame ? 0 : doubled);
    if (now + milliseconds <= this.#until) return;
    this.#until = now + milliseconds;
    this.#reason = message;
  }
}

/** Limits and outages hold for every call; other failures are of the one call. */
function concernsOthers({ failure }: ProviderError): boolean {
  if (!failure.isRetryable) return false;
  const { status, retryAfterMs, isUnreachable } = failure;
  return status === 429 || retryAfterMs !== undefined || isUnreachable === true;
}
