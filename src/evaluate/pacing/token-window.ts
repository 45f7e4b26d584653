import { CallHistory } from "./call-history.ts";
import type { CallEnd, PacedCall, PaceRule } from "./pace-rule.ts";

const minuteMs = 60_000;

/**
 * Holds calls back so that the tokens of those that started within any minute stay below a number.
 * A call under way counts as the mean of late until its answer says what it took; while no mean is
 * known, calls go one by one. A call that alone takes more goes alone.
 */
export class TokenWindow implements PaceRule {
  readonly #perMinute: number;
  /** Of whom, for messages. */
  readonly #name: string;
  readonly #history = new CallHistory();
  /** In the order of their starts. */
  readonly #counted = new Map<PacedCall, number>();
  #sum = 0;

  constructor(perMinute: number, name: string) {
    this.#perMinute = perMinute;
    this.#name = name;
  }

  readyAt(now: number): number {
    for (const call of this.#counted.keys()) {
      if (call.startedAt + minuteMs > now) break;
      this.#count(call, 0);
      this.#counted.delete(call);
    }
    const { expectedTokens, underWay } = this.#history;
    if (expectedTokens === undefined) return underWay.size === 0 ? now : Number.POSITIVE_INFINITY;
    let excess = this.#sum + expectedTokens - this.#perMinute;
    let at = now;
    for (const [{ startedAt }, tokens] of this.#counted) {
      if (excess <= 0) break;
      excess -= tokens;
      at = startedAt + minuteMs;
    }
    return at;
  }

  reason(): string {
    return `${this.#name}: ${this.#perMinute} tokens a minute are used up`;
  }

  started(call: PacedCall): void {
    this.#history.started(call);
    this.#count(call, this.#history.expectedTokens ?? 0);
  }

  ended(call: PacedCall, end: CallEnd): void {
    this.#history.ended(call, end);
    const { kind, tokens } = end;
    if (!this.#counted.has(call)) return; // it took longer than a minute
    if (kind === "refused") this.#count(call, 0);
    else if (tokens !== undefined) this.#count(call, tokens);
  }

  #count(call: PacedCall, tokens: number): void {
    this.#sum += tokens - (this.#counted.get(call) ?? 0);
    this.#counted.set(call, tokens);
  }
}
