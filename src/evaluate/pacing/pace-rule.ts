import type { ProviderError } from "../../errors.ts";

/** A call that was let through. */
export interface PacedCall {
  /** In the order in which calls of the provider started, from 1. */
  readonly number: number;
  /** By the clock, in milliseconds. */
  readonly startedAt: number;
}

/** How a call ended. */
export interface CallEnd {
  /** `refused`: the provider answered or could not be reached; `interrupted`: neither. */
  readonly kind: "answered" | "refused" | "interrupted";
  /** Tokens of prompt and answer, of a call that was answered. */
  readonly tokens?: number | undefined;
  readonly failure?: ProviderError | undefined;
}

/** Something that holds calls back. */
export interface PaceRule {
  /**
   * When the next call may start, by the clock; infinite: not before one that is under way has
   * ended.
   */
  readyAt(now: number): number;
  /** What is waited for, when that is worth telling. */
  reason?(now: number): string | undefined;
  started(call: PacedCall): void;
  ended?(call: PacedCall, end: CallEnd, now: number): void;
}
