import { ProviderError } from "../../errors.ts";
import type { LanguageModel } from "../../language-model/language-model.ts";
import { plainModel } from "../../language-model/plain-model.ts";
import type { RateLimits } from "../../language-model/rate-limits.ts";
import { answeredTokens, scoredTokens } from "./_paced-tokens.ts";
import { CallBound } from "./call-bound.ts";
import { type Clock, systemClock } from "./clock.ts";
import { EvenStarts } from "./even-starts.ts";
import type { CallEnd, PacedCall, PaceRule } from "./pace-rule.ts";
import { Pause } from "./pause.ts";
import { TokenWindow } from "./token-window.ts";
import { ToldLimits } from "./told-limits.ts";

/** That calls of a provider are held back for a while. */
export interface ProviderWait {
  readonly milliseconds: number;
  /** Who is waited for, and why. */
  readonly reason: string;
}

/** How a provider is paced. */
export interface PacerSettings {
  /** Of the provider, for messages. */
  readonly name: string;
  /** Calls under way at the same time, at most. */
  readonly concurrency: number;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /** Told of waits of half a second and longer, once each. */
  readonly onWait?: ((wait: ProviderWait) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** A model's place at its provider. */
export interface PacedModel {
  /** For the provider to tell what an answer says, just before its call ends. */
  onLimits(limits: RateLimits): void;
  /**
   * The model with its calls in turn.
   *
   * @returns a model whose calls also throw the reason of their signal while they wait, and, once the
   *   provider was tried for seconds without ever being reached, an error that ends the run
   */
  before(model: LanguageModel): LanguageModel;
}

/** What is asked; the same object when it is tried again. */
interface PacedRequest {
  readonly signal?: AbortSignal | undefined;
}

/** Calls of one kind. */
interface PacedCalls<Request, Answer> {
  ask(request: Request): Promise<Answer>;
  /** Of a call that was answered. */
  tokens(request: Request, answer: Answer): number;
}

/** A model of the provider. */
interface Lane {
  readonly told: ToldLimits;
  /** Of the answer that has just come, whose call ends next. */
  heard: RateLimits | undefined;
}

/** A call that waits for its turn. */
interface Waiting {
  readonly lane: Lane;
  readonly place: number;
  begin(call: PacedCall): void;
  fail(error: unknown): void;
}

/** What holds calls back, and until when. */
interface Hold {
  readonly rule: PaceRule;
  readonly at: number;
}

/** How long a provider that never answered is tried. */
const patienceMs = 7000;

/** Waits that are worth telling. */
const longWaitMs = 500;

/**
 * Calls of one provider in their turn: held back by the limits that it tells of each model or that
 * the user gives, all together when one of them was told to come later, and when the provider cannot
 * be reached.
 */
export class Pacer {
  readonly #settings: PacerSettings;
  readonly #clock: Clock;
  readonly #rules: readonly PaceRule[];
  /** In the order of their places. */
  readonly #waiting: Waiting[] = [];
  readonly #places = new WeakMap<PacedRequest, number>();
  #lastPlace = 0;
  #begun = 0;
  #alarm: { readonly at: number; readonly controller: AbortController } | undefined;
  #toldUntil = Number.NEGATIVE_INFINITY;
  #firstStartAt: number | undefined;
  #wasReached = false;
  #givenUp: ProviderError | undefined;

  constructor(settings: PacerSettings) {
    const { name, concurrency, requestsPerMinute, tokensPerMinute } = settings;
    this.#settings = settings;
    this.#clock = settings.clock ?? systemClock;
    this.#rules = [
      ...[new Pause(), new CallBound(concurrency)],
      ...(requestsPerMinute === undefined ? [] : [new EvenStarts(requestsPerMinute)]),
      ...(tokensPerMinute === undefined ? [] : [new TokenWindow(tokensPerMinute, name)]),
    ];
  }

  /** @param name - as the user wrote it, such as `openai:gpt-4o` */
  forModel(name: string): PacedModel {
    const lane: Lane = { told: new ToldLimits(name), heard: undefined };
    return {
      onLimits(limits) {
        lane.heard = limits;
      },
      before: (model) => this.#paced(model, lane),
    };
  }

  #paced(model: LanguageModel, lane: Lane): LanguageModel {
    const { complete, score, ...plain } = plainModel(model);
    const inTurn = <Request extends PacedRequest, Answer>(
      calls: PacedCalls<Request, Answer>,
    ): ((request: Request) => Promise<Answer>) => {
      return (request) => this.#inTurn(lane, request, calls);
    };
    return {
      ...plain,
      chat: inTurn({ ask: plain.chat, tokens: answeredTokens }),
      ...(complete !== undefined && {
        complete: inTurn({ ask: complete, tokens: answeredTokens }),
      }),
      ...(score !== undefined && { score: inTurn({ ask: score, tokens: scoredTokens }) }),
    };
  }

  async #inTurn<Request extends PacedRequest, Answer>(
    lane: Lane,
    request: Request,
    { ask, tokens }: PacedCalls<Request, Answer>,
  ): Promise<Answer> {
    const call = await this.#turn(lane, request);
    try {
      const answer = await ask(request);
      this.#end(lane, call, { kind: "answered", tokens: tokens(request, answer) });
      return answer;
    } catch (error) {
      const failure = error instanceof ProviderError ? error : undefined;
      // in an outage all lend their tries, one after the other
      if (failure?.failure.isUnreachable === true) this.#places.delete(request);
      this.#end(lane, call, { kind: failure === undefined ? "interrupted" : "refused", failure });
      throw this.#givenUp ?? error;
    }
  }

  #turn(lane: Lane, request: PacedRequest): Promise<PacedCall> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#givenUp !== undefined) throw this.#givenUp;
      const leave = () => {
        const index = this.#waiting.indexOf(waiting);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal!.reason);
        this.#letThrough();
      };
      const waiting: Waiting = {
        lane,
        place: this.#placeOf(request),
        begin: (call) => {
          signal?.removeEventListener("abort", leave);
          resolve(call);
        },
        fail: (error) => {
          signal?.removeEventListener("abort", leave);
          reject(error);
        },
      };
      signal?.addEventListener("abort", leave, { once: true });
      const after = this.#waiting.findIndex(({ place }) => place > waiting.place);
      this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, waiting);
      this.#letThrough();
    });
  }

  /** A request that is tried again keeps its place before those that came later. */
  #placeOf(request: PacedRequest): number {
    const place = this.#places.get(request) ?? ++this.#lastPlace;
    this.#places.set(request, place);
    return place;
  }

  /** Starts the calls whose turn it is, and waits for the turn of the next. */
  #letThrough(): void {
    while (this.#waiting.length > 0) {
      const now = this.#clock.now();
      const next = this.#nextInTurn(now);
      if ("rule" in next) {
        this.#wakeAt(next.at, now);
        this.#tell(next, now);
        return;
      }
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#begin(next, now);
    }
    this.#wakeAt(Number.POSITIVE_INFINITY, 0);
  }

  /** The first call that nothing holds back, else what is over first of all that does. */
  #nextInTurn(now: number): Waiting | Hold {
    const holds = this.#rules.map((rule) => ({ rule, at: rule.readyAt(now) }));
    const last = holds.reduce((a, b) => (b.at > a.at ? b : a));
    if (last.at > now) return last;
    const held = new Map<Lane, Hold>();
    for (const waiting of this.#waiting) {
      const { lane } = waiting;
      if (held.has(lane)) continue;
      const at = lane.told.readyAt(now);
      if (at <= now) return waiting;
      held.set(lane, { rule: lane.told, at });
    }
    return [...held.values()].reduce((a, b) => (b.at < a.at ? b : a));
  }

  #begin({ lane, begin }: Waiting, now: number): void {
    const call = { number: ++this.#begun, startedAt: now };
    this.#firstStartAt ??= now;
    for (const rule of [...this.#rules, lane.told]) rule.started(call);
    begin(call);
  }

  #wakeAt(at: number, now: number): void {
    if (this.#alarm?.at === at) return;
    this.#alarm?.controller.abort();
    this.#alarm = undefined;
    if (at === Number.POSITIVE_INFINITY) return;
    const controller = new AbortController();
    this.#alarm = { at, controller };
    const wake = () => {
      if (this.#alarm?.controller !== controller) return;
      this.#alarm = undefined;
      this.#letThrough();
    };
    this.#clock.sleep(at - now, controller.signal).then(wake, () => undefined);
  }

  #tell({ rule, at }: Hold, now: number): void {
    const milliseconds = at - now;
    if (milliseconds < longWaitMs || !Number.isFinite(at)) return;
    if (at <= this.#toldUntil + longWaitMs) return;
    const reason = rule.reason?.(now);
    if (reason === undefined) return;
    this.#toldUntil = at;
    this.#settings.onWait?.({ milliseconds, reason });
  }

  #end(lane: Lane, call: PacedCall, end: CallEnd): void {
    const now = this.#clock.now();
    if (lane.heard !== undefined) lane.told.report(call, lane.heard, now);
    lane.heard = undefined;
    const isUnreachable = end.failure?.failure.isUnreachable === true;
    this.#wasReached ||= end.kind !== "interrupted" && !isUnreachable;
    if (isUnreachable && !this.#wasReached && now - this.#firstStartAt! >= patienceMs) {
      this.#giveUp(end.failure!);
    }
    for (const rule of [...this.#rules, lane.told]) rule.ended?.(call, end, now);
    this.#letThrough();
  }

  /** Ends all calls: the provider never answered. */
  #giveUp(error: ProviderError): void {
    this.#givenUp ??= new ProviderError(
      `${error.message}. It never answered for ${patienceMs / 1000} s, so nothing more is asked`,
      { ...error.failure, isRetryable: false, concernsAll: true },
      { cause: error },
    );
    for (const { fail } of this.#waiting.splice(0)) fail(this.#givenUp);
  }
}
