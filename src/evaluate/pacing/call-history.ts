import type { CallEnd, PacedCall } from "./pace-rule.ts";

/** Answers over which the mean is taken. */
const recent = 50;

/** What is known of the calls so far. */
export class CallHistory {
  readonly underWay = new Set<PacedCall>();
  lastStartAt = Number.NEGATIVE_INFINITY;
  /** Of a call: the mean of late; undefined while no call has been answered. */
  expectedTokens: number | undefined;
  #answers = 0;

  started(call: PacedCall): void {
    this.underWay.add(call);
    this.lastStartAt = call.startedAt;
  }

  ended(call: PacedCall, { kind, tokens = 0 }: CallEnd): void {
    this.underWay.delete(call);
    if (kind !== "answered") return;
    const mean = this.expectedTokens ?? 0;
    this.#answers = Math.min(recent, this.#answers + 1);
    this.expectedTokens = mean + (tokens - mean) / this.#answers;
  }
}
