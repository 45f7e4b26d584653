import { ProviderError } from "../errors.ts";
import { askedWaitMs, type HeaderReader, retryAfterMs } from "./rate-limits.ts";

/** Who is asked, as messages name it. */
export interface Provider {
  /** As the user wrote it, such as `openai:gpt-4o`. */
  readonly name: string;
  readonly baseUrl: string;
  /** The environment variable that holds its key. */
  readonly keyVariable: string;
}

/** An answer that says that the request failed. */
export interface FailedAnswer {
  readonly status: number;
  readonly header: HeaderReader;
  /** What the provider says about it. */
  readonly detail: string;
  /** The provider's word for the failure, such as `insufficient_quota`. */
  readonly kind?: string | undefined;
  /** Milliseconds to wait, where the body tells them. */
  readonly retryAfterMs?: number | undefined;
}

/** A failure that the provider answered with. A key, a model or an account is wrong for every call. */
export function answeredFailure(
  provider: Provider,
  answer: FailedAnswer,
  options?: ErrorOptions,
): ProviderError {
  const { status, header, kind } = answer;
  const isQuota = kind === "insufficient_quota";
  const isRetryable = !isQuota && header("x-should-retry") !== "false" && isRetryableStatus(status);
  // resets of limits say when they are whole again, not when the server is well
  const waitOf = status === 429 ? retryAfterMs : askedWaitMs;
  const wait = answer.retryAfterMs ?? waitOf(header, Date.now());
  const after = isRetryable ? wait : undefined;
  const isForAll = isQuota || status === 401 || status === 404;
  const fix = isQuota
    ? "the account has no credit left; add some"
    : fixFor(status, provider, after);
  return new ProviderError(
    `${whereOf(provider)}: expected an answer, got status ${status} (${shortened(answer.detail)}); ${fix}`,
    { status, isRetryable, retryAfterMs: after, ...(isForAll && { concernsAll: true }) },
    options,
  );
}

/** An answer of status 200 that is none. */
export function unreadableAnswer(
  provider: Provider,
  problem: string,
  options?: ErrorOptions,
): ProviderError {
  return new ProviderError(
    `${whereOf(provider)}: expected a whole answer of the model, got ${shortened(problem)}; check that the base URL is that of the provider's API`,
    { status: 200, isRetryable: false },
    options,
  );
}

/** No answer came at all, or it broke off. */
export function connectionFailure(provider: Provider, cause: unknown): ProviderError {
  const { code, message } = rootCause(cause);
  const isTimeout = /TIMEOUT|TIMEDOUT/.test(code ?? "");
  const fix = fixByCode[code ?? ""] ?? "check the network and the base URL, and try again";
  return new ProviderError(
    `${whereOf(provider)}: ${isTimeout ? "no answer in time" : "cannot be reached"} (${shortened(message)}); ${fix}`,
    { isRetryable: true, isUnreachable: noConnection.test(code ?? "") },
    { cause },
  );
}

/** No connection was made; others broke off, or the provider took its time. */
const noConnection =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|EPROTO)$|CERT|SSL|TLS/;

/** No answer came within the time that was given. */
export function timeoutFailure(
  provider: Provider,
  timeoutMs: number,
  cause: unknown,
): ProviderError {
  return new ProviderError(
    `${whereOf(provider)}: no answer within ${timeoutMs / 1000} s; try again, ask for less, or give it more time`,
    { isRetryable: true },
    { cause },
  );
}

/** @see RFC 9110, section 15; 409 is what OpenAI answers when a lock could not be had in time */
function isRetryableStatus(status: number): boolean {
  return [408, 409, 429].includes(status) || status >= 500;
}

function whereOf({ name, baseUrl }: Provider): string {
  return `${name} at ${baseUrl}`;
}

function fixFor(status: number, provider: Provider, after: number | undefined): string {
  if (status === 401 || status === 403) {
    return `set ${provider.keyVariable} to a key that may use this model`;
  }
  if (status === 404) return "check the model's name and the base URL";
  if (status === 429) {
    const wait = after === undefined ? "later" : `in ${Math.ceil(after / 1000)} s`;
    return `try again ${wait}, or with fewer requests at once`;
  }
  if (isRetryableStatus(status)) return "try again later";
  return "change the messages or the arguments of the call";
}

const fixByCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: start the server, or give the base URL of one that runs",
  ENOTFOUND: "there is no host of that name: correct the base URL",
  UND_ERR_HEADERS_TIMEOUT: "Node waits 300 s for an answer to begin: ask for less",
};

/** The innermost of the causes that says something; addresses that all failed are one. */
function rootCause(error: unknown): {
  readonly code: string | undefined;
  readonly message: string;
} {
  let deepest = error as { code?: string; message?: string; cause?: unknown; errors?: unknown[] };
  for (;;) {
    const inner = deepest.errors?.[0] ?? deepest.cause;
    if (!(inner instanceof Error)) break;
    deepest = inner;
  }
  return { code: deepest.code, message: deepest.message || String(deepest.code ?? error) };
}

const longestDetail = 500;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line === "") return "no reason given";
  return line.length > longestDetail ? `${line.slice(0, longestDetail)}…` : line;
}
