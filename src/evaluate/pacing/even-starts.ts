import type { PacedCall, PaceRule } from "./pace-rule.ts";

const minuteMs = 60_000;

/** A start that came late by so much, as timers are, is made up for by the next ones. */
const latenessMs = 20;

/** Starts so many calls a minute, evenly: providers count some limits by the second. */
export class EvenStarts implements PaceRule {
  readonly #gapMs: number;
  #nextAt: number | undefined;

  constructor(perMinute: number) {
    this.#gapMs = minuteMs / perMinute;
  }

  readyAt(now: number): number {
    return Math.max(now, this.#nextAt ?? now);
  }

  started({ startedAt }: PacedCall): void {
    this.#nextAt = Math.max(this.#nextAt ?? startedAt, startedAt - latenessMs) + this.#gapMs;
  }
}
