import { describe, expect, test } from "vitest";
import { durationMs, rateLimits, retryAfterMs } from "./rate-limits.ts";

const now = Date.parse("2026-11-29T12:00:00Z");
const headers = (values: Readonly<Record<string, string>>) => (name: string) => values[name];

test.each([
  ["20", 20_000],
  ["0.5", 500],
  ["1s", 1000],
  ["120ms", 120],
  ["6m0s", 360_000],
  ["1h2m3.5s", 3_723_500],
  ["1d0.5h", 88_200_000],
  ["Sun, 29 Nov 2026 12:00:30 GMT", 30_000],
  ["2026-11-29T12:01:00Z", 60_000],
  ["2026-11-29T11:00:00Z", 0],
  [String(now / 1000 + 5), 5000],
  [String(now + 5000), 5000],
  ["soon", undefined],
  ["-3", undefined],
  ["", undefined],
  [null, undefined],
])("%j is %j milliseconds", (text, expected) => {
  expect(durationMs(text, now)).toBe(expected);
});

describe("the time to wait", () => {
  test.each([
    [{}, undefined],
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "3", "retry-after-ms": "2500" }, 2500],
    [{ "retry-after": "never", "x-ratelimit-reset-tokens": "9s" }, 9000],
    [{ "x-ratelimit-reset-requests": "1m", "x-ratelimit-reset-tokens": "9s" }, 9000],
    [
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m",
        "x-ratelimit-reset-tokens": "9s",
      },
      60_000,
    ],
  ])("of %j is %j", (values, expected) => {
    expect(retryAfterMs(headers(values), now)).toBe(expected);
  });
});

test("limits are read in OpenAI's and Anthropic's spelling", () => {
  const openAi = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "6m0s",
  };
  expect(rateLimits(headers(openAi), now)).toEqual({
    requests: { limit: 60, remaining: undefined, resetMs: undefined },
    tokens: { limit: undefined, remaining: 0, resetMs: 360_000 },
  });
  const anthropic = {
    "anthropic-ratelimit-requests-remaining": "49",
    "anthropic-ratelimit-requests-reset": "2026-11-29T12:00:02Z",
  };
  expect(rateLimits(headers(anthropic), now)?.requests).toEqual({
    ...{ limit: undefined, remaining: 49, resetMs: 2000 },
  });
  expect(rateLimits(headers({ "content-type": "text/html" }), now)).toBeUndefined();
});
