import type { LimitLeft, RateLimits } from "../../language-model/rate-limits.ts";
import { CallHistory } from "./call-history.ts";
import type { CallEnd, PacedCall, PaceRule } from "./pace-rule.ts";

/** Little is left of a limit when less than this share is: the rest is spread until the reset. */
const littleShare = 0.1;

/** Resets are told in rounded numbers. */
const slackMs = 50;

/** What a provider told of one of its limits, in its unit. */
interface Told {
  readonly remaining: number;
  readonly limit: number | undefined;
  /** By the clock, the latest that it may be; undefined: nothing is known. */
  readonly resetAt: number | undefined;
  /** The earliest that it may be. */
  readonly resetFrom: number | undefined;
  /** The last call that had started when this was heard. */
  readonly lastBefore: number;
  /** Calls that ended since then, and told nothing. */
  readonly silent: number;
}

/**
 * Holds calls of a model back as the headers of answers say, since most limits are of one model:
 * none while requests or tokens are used up, evenly spread while little is left.
 *
 * Providers count a call when it comes, and tell what is left with its answer, while calls and answers
 * overtake each other. So what is heard is the newest when its call started after the one before was
 * heard, or its reset is surely a later one; of two that may be of the same time the one that tells of
 * less holds, until the later reset. All calls under way may be missing in it.
 */
export class ToldLimits implements PaceRule {
  /** Of the model, for messages. */
  readonly #name: string;
  readonly #history = new CallHistory();
  readonly #told: { requests?: Told | undefined; tokens?: Told | undefined } = {};
  #lastStarted = 0;
  #lastHeard: PacedCall | undefined;
  #reason: string | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Takes in what the answer to a call told, before the call ends. */
  report(call: PacedCall, limits: RateLimits, now: number): void {
    this.#lastHeard = call;
    this.#told.requests = this.#newer(this.#told.requests, { call, told: limits.requests, now });
    this.#told.tokens = this.#newer(this.#told.tokens, { call, told: limits.tokens, now });
  }

  readyAt(now: number): number {
    const { expectedTokens } = this.#history;
    const requests = this.#told.requests && this.#renewed(this.#told.requests, now);
    const tokens = this.#told.tokens && this.#renewed(this.#told.tokens, now);
    this.#told.requests = requests;
    this.#told.tokens = tokens;
    const byRequests = requests ? this.#startAt(requests, 1, now) : now;
    const byTokens = tokens ? this.#startAt(tokens, expectedTokens ?? 0, now) : now;
    this.#reason = `${this.#name}: the provider's limit of ${byTokens > byRequests ? "tokens" : "requests"} is used up`;
    return Math.max(byRequests, byTokens);
  }

  reason(): string | undefined {
    return this.#reason;
  }

  started(call: PacedCall): void {
    this.#lastStarted = call.number;
    this.#history.started(call);
  }

  ended(call: PacedCall, end: CallEnd): void {
    this.#history.ended(call, end);
    if (call === this.#lastHeard) return;
    for (const kind of ["requests", "tokens"] as const) {
      const told = this.#told[kind];
      if (told !== undefined) this.#told[kind] = { ...told, silent: told.silent + 1 };
    }
  }

  #newer(
    known: Told | undefined,
    {
      call,
      told: { remaining, limit, resetMs },
      now,
    }: { readonly call: PacedCall; readonly told: LimitLeft; readonly now: number },
  ): Told | undefined {
    if (remaining === undefined) return known;
    const heard = {
      ...{ remaining, limit, lastBefore: this.#lastStarted, silent: 0 },
      resetAt: resetMs === undefined ? undefined : now + resetMs + slackMs,
      resetFrom: resetMs === undefined ? undefined : call.startedAt + resetMs,
    };
    if (known === undefined || call.number > known.lastBefore) return heard;
    if (isLater(heard, known)) return heard;
    if (isLater(known, heard)) return known;
    return {
      ...(remaining < known.remaining ? heard : known),
      resetAt: laterOf(heard.resetAt, known.resetAt),
      resetFrom: laterOf(heard.resetFrom, known.resetFrom),
    };
  }

  /** After its reset a limit is whole; undefined when nobody knows how much that is. */
  #renewed(told: Told, now: number): Told | undefined {
    const { resetAt, limit } = told;
    if (resetAt === undefined || now < resetAt) return told;
    if (limit === undefined) return undefined;
    const lastBefore = this.#lastStarted;
    const reset = { resetAt: undefined, resetFrom: undefined };
    return { remaining: limit, limit, ...reset, lastBefore, silent: 0 };
  }

  /** @param cost - of a call, in the limit's unit; 0: not known yet */
  #startAt({ remaining, limit, resetAt, silent }: Told, cost: number, now: number): number {
    const { underWay, lastStartAt } = this.#history;
    const left = remaining - (underWay.size + silent) * cost;
    const calls = cost > 0 ? Math.floor(left / cost) : left > 0 ? Number.POSITIVE_INFINITY : 0;
    if (calls < 1) {
      if (resetAt !== undefined) return resetAt;
      return underWay.size > 0 ? Number.POSITIVE_INFINITY : now; // somebody has to ask
    }
    const isLittle = limit !== undefined && left < limit * littleShare;
    if (!isLittle || resetAt === undefined || calls === Number.POSITIVE_INFINITY) return now;
    return Math.max(now, lastStartAt + (resetAt - lastStartAt) / (calls + 1));
  }
}

/** Whether the reset of one is surely after that of the other. */
function isLater(one: Told, other: Told): boolean {
  return (one.resetFrom ?? 0) > (other.resetAt ?? Number.POSITIVE_INFINITY);
}

function laterOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
