import { z } from "zod";
import { Pacer, type ProviderWait } from "../evaluate/pacing/pacer.ts";
import { defaultConcurrency } from "../language-model/provider-options.ts";
import { formatDuration } from "./number-format.ts";
import type { Progress } from "./progress.ts";

const perMinute = z.number().positive().optional();

/** Flags that say how fast providers are asked. */
export const pacingFlags = {
  requestsPerMinute: perMinute.describe(
    "of a provider, evenly spread; what it tells of its limits is kept to anyway",
  ),
  tokensPerMinute: perMinute.describe("of a provider, of prompts and answers"),
} as const;

type Flags = Readonly<z.output<z.ZodObject<typeof pacingFlags>>> & {
  readonly concurrency?: number | undefined;
};

/** The paces of the providers whose models a command asks. */
export class ProviderPacing {
  /** Told whenever a provider is waited for. */
  onWait: (wait: ProviderWait) => void = () => undefined;
  readonly #flags: Flags;
  readonly #pacers = new Map<string, Pacer>();

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  /**
   * The pacer of a model's provider, which all its models of the command share: there is one key and
   * one base URL for them.
   *
   * @param name - of the model, such as `openai:gpt-4o`
   */
  pacerOf(name: string): Pacer {
    const provider = name.slice(0, name.indexOf(":"));
    const known = this.#pacers.get(provider);
    if (known !== undefined) return known;
    const { concurrency = defaultConcurrency, requestsPerMinute, tokensPerMinute } = this.#flags;
    const pacer = new Pacer({
      ...{ name: provider, concurrency, requestsPerMinute, tokensPerMinute },
      onWait: (wait) => this.onWait(wait),
    });
    this.#pacers.set(provider, pacer);
    return pacer;
  }
}

/** The same reason is not said again for so long. */
const quietMs = 30_000;

/** Says what is waited for beside the progress. */
export function waitNotes(
  progress: Pick<Progress, "note">,
  now: () => number = Date.now,
): (wait: ProviderWait) => void {
  const said = new Map<string, number>();
  return ({ milliseconds, reason }) => {
    if (now() < (said.get(reason) ?? Number.NEGATIVE_INFINITY)) return;
    said.set(reason, now() + quietMs);
    progress.note(`waits ${formatDuration(milliseconds / 1000)}: ${reason}`);
  };
}
