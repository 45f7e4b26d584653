import { isIPv4 } from "node:net";
import { ConfigError } from "../errors.ts";
import type { Provider } from "./provider-failure.ts";
import type { RateLimits } from "./rate-limits.ts";

/** How a provider is asked. */
export interface ProviderOptions {
  /** Where its API is, such as `http://localhost:8000/v1`; undefined: the provider's own. */
  readonly baseUrl?: string | undefined;
  /** Longest time of a request; undefined: 300 s, after which Node itself gives up. */
  readonly timeoutMs?: number | undefined;
  /** Requests at the same time; undefined: 16. */
  readonly concurrency?: number | undefined;
  /** Where keys and base URLs are looked up; undefined: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told after each answer whose headers say what is left of the limits. */
  readonly onLimits?: ((limits: RateLimits) => void) | undefined;
}

/** Requests at the same time where nothing else is said. */
export const defaultConcurrency = 16;

/** Whose key and address are wanted. */
export interface ProviderPlace {
  /** As the user wrote it, such as `openai:gpt-4o`. */
  readonly name: string;
  readonly keyVariable: string;
  readonly urlVariable: string;
  readonly defaultUrl: string;
}

/** A provider that can be asked. */
export interface ReadyProvider extends Provider {
  /** Undefined for a server near by that needs none. */
  readonly key: string | undefined;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly onLimits: ((limits: RateLimits) => void) | undefined;
}

/**
 * Finds out where a provider is and with which key.
 *
 * @throws {ConfigError} when the base URL is none, or the key is missing and the server not local
 */
export function readyProvider(place: ProviderPlace, options: ProviderOptions): ReadyProvider {
  const { name, keyVariable, urlVariable } = place;
  const environment = options.environment ?? process.env;
  const found = options.baseUrl ?? (environment[urlVariable]?.trim() || place.defaultUrl);
  if (!URL.canParse(found) || !/^https?:/.test(found)) {
    throw new ConfigError(
      `${name}: expected a base URL such as ${place.defaultUrl}, got "${found}"; correct it where it is set (${options.baseUrl === undefined ? urlVariable : "--base-url"})`,
    );
  }
  const key = environment[keyVariable]?.trim() || undefined;
  if (key === undefined && !isLocal(new URL(found).hostname)) {
    throw new ConfigError(
      `${name}: expected a key for ${found} in the environment variable ${keyVariable}, got none; set it, or give the base URL of a server of your own`,
    );
  }
  return {
    ...{ name, keyVariable, key, baseUrl: found.replace(/\/+$/, "") },
    timeoutMs: options.timeoutMs ?? 300_000,
    concurrency: options.concurrency ?? defaultConcurrency,
    onLimits: options.onLimits,
  };
}

const privateRanges = /^(127|10|0)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^169\.254\./;

/** Whether a host is this machine or in a private network, where servers often need no key. */
function isLocal(host: string): boolean {
  if (isIPv4(host)) return privateRanges.test(host);
  return (
    /^\[(::1?|f[cd][0-9a-f]{2}:.*|fe80:.*)\]$/.test(host) ||
    /(^|\.)(localhost|local|internal)$/.test(host) ||
    /^[a-z0-9_-]+$/i.test(host)
  );
}
