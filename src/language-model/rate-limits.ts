import { parseDuration } from "./parse-duration.ts";

/** The value of a header, by its name in lower case. */
export type HeaderReader = (name: string) => string | null | undefined;

/** What is left of one limit. */
export interface LimitLeft {
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
  /** Milliseconds until the limit is whole again. */
  readonly resetMs: number | undefined;
}

/** What a provider said about its limits with its last answer. */
export interface RateLimits {
  readonly requests: LimitLeft;
  readonly tokens: LimitLeft;
}

/** Names of the headers of a limit: OpenAI's, which many servers have taken over, and Anthropic's. */
const spellings: readonly ((kind: string, field: string) => string)[] = [
  (kind, field) => `x-ratelimit-${field}-${kind}`,
  (kind, field) => `anthropic-ratelimit-${kind}-${field}`,
];

/**
 * The limits that the headers of an answer tell.
 *
 * @param now - milliseconds since 1970, for headers that name a moment
 * @returns undefined when they tell none
 * @see https://platform.openai.com/docs/guides/rate-limits (headers)
 * @see https://docs.anthropic.com/en/api/rate-limits (response headers)
 */
export function rateLimits(header: HeaderReader, now: number): RateLimits | undefined {
  const requests = limitLeft("requests", header, now);
  const tokens = limitLeft("tokens", header, now);
  const told = [...Object.values(requests), ...Object.values(tokens)];
  return told.some((value) => value !== undefined) ? { requests, tokens } : undefined;
}

/**
 * How long a provider asks to wait before the next request, in milliseconds: `retry-after-ms`, else
 * `retry-after`.
 *
 * @param now - as for `rateLimits`
 */
export function askedWaitMs(header: HeaderReader, now: number): number | undefined {
  return number(header("retry-after-ms")) ?? durationMs(header("retry-after"), now);
}

/**
 * How long to wait after a refusal for a limit, in milliseconds: as the provider asks, else until the
 * reset of the limits that are used up, or the nearest reset when none says so.
 *
 * @param now - as for `rateLimits`
 */
export function retryAfterMs(header: HeaderReader, now: number): number | undefined {
  const asked = askedWaitMs(header, now);
  if (asked !== undefined) return asked;
  const limits = rateLimits(header, now);
  const told = [limits?.requests, limits?.tokens].filter((limit) => limit?.resetMs !== undefined);
  const usedUp = told.filter((limit) => limit!.remaining === 0).map((limit) => limit!.resetMs!);
  if (usedUp.length > 0) return Math.max(...usedUp);
  return told.length > 0 ? Math.min(...told.map((limit) => limit!.resetMs!)) : undefined;
}

function limitLeft(kind: string, header: HeaderReader, now: number): LimitLeft {
  const told = (field: string) =>
    spellings.map((spell) => header(spell(kind, field))).find((value) => value != null);
  return {
    limit: number(told("limit")),
    remaining: number(told("remaining")),
    resetMs: durationMs(told("reset"), now),
  };
}

function number(text: string | null | undefined): number | undefined {
  const value = text == null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

/**
 * Milliseconds from what a header says: seconds (`20`), a duration (`1m30.5s`), or a moment as a
 * date or in seconds or milliseconds since 1970.
 */
export function durationMs(text: string | null | undefined, now: number): number | undefined {
  if (text == null || text.trim() === "") return undefined;
  const value = number(text);
  if (value !== undefined) {
    if (value < 1e9) return value * 1000;
    return Math.max(0, (value < 1e11 ? value * 1000 : value) - now);
  }
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  // without a year and a time, Date.parse makes a date of nearly anything
  const moment = /\d{4}.*:/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}
