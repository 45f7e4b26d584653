import { beforeEach, describe, expect, test } from "vitest";
import { ProviderError } from "../../errors.ts";
import type { LanguageModel, ModelAnswer } from "../../language-model/language-model.ts";
import type { LimitLeft, RateLimits } from "../../language-model/rate-limits.ts";
import { Random } from "../../statistics/random.ts";
import { retrying } from "../run/retrying.ts";
import { ManualClock } from "./manual-clock.fixture.ts";
import { Pacer, type PacerSettings, type ProviderWait } from "./pacer.ts";

let clock: ManualClock;
let waits: ProviderWait[];
beforeEach(() => {
  clock = new ManualClock();
  waits = [];
});

/** What a provider does with a call; it throws to refuse. */
type Provide = (call: { readonly text: string; tell(limits: Partial<RateLimits>): void }) => {
  readonly latencyMs: number;
  readonly tokens?: number;
};

interface Paced {
  readonly model: LanguageModel;
  /** When which call reached the provider. */
  readonly starts: { readonly at: number; readonly text: string }[];
  mostUnderWay(): number;
}

const unlimited: LimitLeft = { limit: undefined, remaining: undefined, resetMs: undefined };

function paced(provide: Provide, changes: Partial<PacerSettings> = {}): Paced {
  return pacedModel(provide, { name: "openai:x", pacer: pacerWith(changes) });
}

function pacerWith(changes: Partial<PacerSettings> = {}): Pacer {
  const onWait = (wait: ProviderWait) => waits.push(wait);
  return new Pacer({ name: "openai", concurrency: 8, clock, onWait, ...changes });
}

/** @param wayMs - how long a call takes to the provider */
function pacedModel(
  provide: Provide,
  {
    name,
    pacer,
    wayMs,
  }: { readonly name: string; readonly pacer: Pacer; readonly wayMs?: () => number },
): Paced {
  const place = pacer.forModel(name);
  const starts: { at: number; text: string }[] = [];
  let [underWay, most] = [0, 0];
  const model: LanguageModel = {
    ...{ name, concurrency: 8 },
    async chat({ messages, signal }) {
      const text = String(messages[0]!.content);
      starts.push({ at: clock.now(), text });
      most = Math.max(most, ++underWay);
      try {
        if (wayMs !== undefined) await clock.sleep(wayMs(), signal);
        let told: RateLimits = { requests: unlimited, tokens: unlimited };
        const tell = (limits: Partial<RateLimits>) => {
          told = { ...told, ...limits };
        };
        // limits are of the moment when a call comes, and are heard of with its answer
        const { latencyMs, tokens } = provide({ text, tell });
        await clock.sleep(latencyMs, signal);
        place.onLimits(told);
        return answer(tokens);
      } finally {
        underWay--;
      }
    },
    close: async () => undefined,
  };
  return { model: place.before(model), starts, mostUnderWay: () => most };
}

function answer(tokens: number | undefined): ModelAnswer {
  return {
    ...{ texts: ["yes"], finishReasons: ["stop"], toolCalls: [[]], model: "x", unsupported: [] },
    usage:
      tokens === undefined
        ? undefined
        : { prompt_tokens: 0, completion_tokens: tokens, total_tokens: tokens },
  };
}

function ask(model: LanguageModel, count: number, signal?: AbortSignal): Promise<ModelAnswer>[] {
  return Array.from({ length: count }, (_, i) =>
    model.chat({ messages: [{ role: "user", content: String(i) }], arguments: {}, signal }),
  );
}

/** Fixed windows of a time in which so many units are allowed. */
function window(limit: number, lengthMs: number) {
  let [number, used] = [-1, 0];
  return {
    refused: 0,
    take(units: number): LimitLeft {
      const now = clock.now();
      if (Math.floor(now / lengthMs) !== number) {
        number = Math.floor(now / lengthMs);
        used = 0;
      }
      const resetMs = (number + 1) * lengthMs - now;
      if (used + units > limit) {
        this.refused++;
        throw tooMany(resetMs);
      }
      used += units;
      return { limit, remaining: limit - used, resetMs };
    },
  };
}

/** A bucket that fills evenly, as OpenAI's: whole again after `remaining` have been filled up. */
function bucket(limit: number, perSecond: number) {
  let [left, at] = [limit, 0];
  return {
    refused: 0,
    take(units: number): LimitLeft {
      left = Math.min(limit, left + ((clock.now() - at) / 1000) * perSecond);
      at = clock.now();
      if (left < units) {
        this.refused++;
        throw tooMany(1000 * ((units - left) / perSecond));
      }
      left -= units;
      return { limit, remaining: Math.floor(left), resetMs: (1000 * (limit - left)) / perSecond };
    },
  };
}

const tooMany = (retryAfterMs?: number) =>
  new ProviderError("openai:x: too many", { status: 429, isRetryable: true, retryAfterMs });
const unreachable = () =>
  new ProviderError("openai:x at http://down: cannot be reached", {
    ...{ isRetryable: true, isUnreachable: true },
  });

describe("limits that answers tell", () => {
  test("no call is refused where requests are counted in windows, and none is wasted", async () => {
    const requests = window(20, 10_000);
    const { model, starts } = paced(({ tell }) => {
      tell({ requests: requests.take(1) });
      return { latencyMs: 100 };
    });
    await clock.until(Promise.all(ask(model, 60)));
    expect(requests.refused).toBe(0);
    expect(
      [0, 1, 2].map((i) => starts.filter(({ at }) => Math.floor(at / 10_000) === i).length),
    ).toEqual([20, 20, 20]);
    expect(waits.map(({ reason }) => reason)).toContain(
      "openai:x: the provider's limit of requests is used up",
    );
  });

  test("nor is one where calls overtake each other", async () => {
    const requests = window(50, 10_000);
    const random = new Random(1);
    const { model, starts } = pacedModel(
      ({ tell }) => {
        tell({ requests: requests.take(1) });
        return { latencyMs: 100 * random.uniform() };
      },
      {
        name: "openai:x",
        pacer: pacerWith({ concurrency: 32 }),
        wayMs: () => 100 * random.uniform(),
      },
    );
    await clock.until(Promise.all(ask(model, 300)));
    expect(requests.refused).toBe(0);
    expect(starts.at(-1)!.at).toBeLessThan(7 * 10_000); // six windows are the fewest
  });

  test("the last ones of a window are spread over it", async () => {
    const requests = window(40, 10_000);
    const { model, starts } = paced(({ tell }) => {
      tell({ requests: requests.take(1) });
      return { latencyMs: 10 };
    });
    await clock.until(Promise.all(ask(model, 40)));
    const gaps = starts.slice(1).map(({ at }, i) => at - starts[i]!.at);
    expect(Math.max(...gaps.slice(0, 30))).toBeLessThan(50);
    expect(Math.max(...gaps)).toBeGreaterThan(1000);
    expect(Math.max(...gaps)).toBeLessThan(5000);
    expect(requests.refused).toBe(0);
  });

  test("no call is refused where a bucket fills evenly, whose rate is used up", async () => {
    const requests = bucket(60, 1);
    const { model } = paced(({ tell }) => {
      tell({ requests: requests.take(1) });
      return { latencyMs: 700 };
    });
    await clock.until(Promise.all(ask(model, 200)));
    expect(requests.refused).toBe(0);
    expect(clock.now()).toBeGreaterThan(139_000); // 60 at once, the others one a second
    expect(clock.now()).toBeLessThan(230_000);
  });

  test("tokens are a limit, too", async () => {
    const tokens = window(1000, 10_000);
    const { model, starts } = paced(({ tell }) => {
      tell({ tokens: tokens.take(90) });
      return { latencyMs: 100, tokens: 90 };
    });
    await clock.until(Promise.all(ask(model, 30)));
    expect(tokens.refused).toBe(0);
    expect(starts.filter(({ at }) => at < 10_000)).toHaveLength(11);
    expect(waits.some(({ reason }) => reason.includes("limit of tokens"))).toBe(true);
  });

  test("a limit without a reset, or one that no call fits into, ends nothing", async () => {
    for (const left of [
      { requests: { limit: 5, remaining: 0, resetMs: undefined } },
      { tokens: { limit: 5, remaining: 0, resetMs: 100 } },
    ]) {
      const { model, starts } = paced(({ tell }) => {
        tell(left);
        return { latencyMs: 100, tokens: 50 };
      });
      await clock.until(Promise.all(ask(model, 10)));
      expect(starts).toHaveLength(10);
    }
  });
});

describe("limits that the user gives", () => {
  test("requests start evenly", async () => {
    const { model, starts } = paced(() => ({ latencyMs: 5000 }), { requestsPerMinute: 120 });
    await clock.until(Promise.all(ask(model, 10)));
    // the scout alone, then one that came late, which the others make up for
    expect(starts.slice(0, 6).map(({ at }) => at)).toEqual([0, 1000, 1480, 1980, 2480, 2980]);
  });

  test("tokens of any minute stay below", async () => {
    const sizes = Array.from({ length: 80 }, (_, i) => 50 + 10 * (i % 11)); // 100 on average
    const { model, starts } = paced(
      ({ text }) => ({ latencyMs: 400, tokens: sizes[Number(text)]! }),
      { tokensPerMinute: 2000 },
    );
    await clock.until(Promise.all(ask(model, 80)));
    const sums = starts.map(({ at }) =>
      starts
        .filter((one) => one.at >= at && one.at < at + 60_000)
        .reduce((sum, { text }) => sum + sizes[Number(text)]!, 0),
    );
    // those under way are counted as the mean, so up to eight may be larger by fifty
    expect(Math.max(...sums)).toBeLessThanOrEqual(2000 + 8 * 50);
    expect(Math.max(...sums)).toBeGreaterThan(1800);
    expect(clock.now()).toBeLessThan(4 * 60_000 + 10_000);
    expect(waits[0]!.reason).toBe("openai: 2000 tokens a minute are used up");
  });

  test("the calls under way of all models of a provider are bounded", async () => {
    const pacer = pacerWith({ concurrency: 3 });
    let [underWay, most] = [0, 0];
    const provide: Provide = () => {
      most = Math.max(most, ++underWay);
      void clock.sleep(100).then(() => underWay--);
      return { latencyMs: 100 };
    };
    const models = ["a", "b"].map((name) => pacedModel(provide, { name, pacer }));
    await clock.until(Promise.all(models.flatMap(({ model }) => ask(model, 12))));
    expect(most).toBe(3);
    expect(clock.now()).toBeLessThanOrEqual(1000);
  });
});

test("models of a provider wait for each other's refusals, and for limits of their own", async () => {
  const pacer = pacerWith();
  const [ofA, ofB] = [window(2, 10_000), window(100, 10_000)];
  let isRefused = false;
  const a = pacedModel(
    ({ tell }) => {
      tell({ requests: ofA.take(1) });
      return { latencyMs: 10 };
    },
    { name: "openai:a", pacer },
  );
  const b = pacedModel(
    ({ text, tell }) => {
      if (text === "20" && !isRefused) {
        isRefused = true;
        throw tooMany(5000);
      }
      tell({ requests: ofB.take(1) });
      return { latencyMs: 100 };
    },
    { name: "openai:b", pacer },
  );
  const settings = { retries: 10, firstWaitMs: 500, longestWaitMs: 60_000, clock };
  const asked = [...ask(a.model, 4), ...ask(retrying(b.model, settings), 30)];
  await clock.until(Promise.all(asked));
  expect(ofA.refused).toBe(0);
  expect(a.starts.map(({ at }) => at >= 10_000)).toEqual([false, false, true, true]);
  const early = b.starts.filter(({ at }) => at < 1000).length;
  expect(early).toBeGreaterThan(20); // although calls of the other model came first and wait
  const late = b.starts.slice(early).map(({ at }) => at);
  expect([late.length > 0, Math.min(...late) >= 5000]).toEqual([true, true]);
});

test("texts and likelihoods take turns with conversations, and count as long as they are", async () => {
  const starts: number[] = [];
  const started = async <Answer>(answered: Answer) => {
    starts.push(clock.now());
    return answered;
  };
  const model: LanguageModel = {
    ...{ name: "openai:x", concurrency: 8 },
    chat: () => started(answer(undefined)),
    complete: () => started(answer(undefined)),
    score: () => started([{ logProb: -1, tokens: 1, isGreedy: true }]),
    close: async () => undefined,
  };
  const prompt = "word ".repeat(80); // 100 tokens, and four around them
  const asked = (pacer: Pacer) => {
    const { chat, complete, score } = pacer.forModel("openai:x").before(model);
    return [
      chat({ messages: [{ role: "user", content: prompt }], arguments: {} }),
      complete!({ prompt, arguments: {} }),
      score!({ prompt, continuations: ["yes"] }),
    ];
  };
  await clock.until(Promise.all(asked(pacerWith({ requestsPerMinute: 60 }))));
  expect(starts.splice(0)).toEqual([0, 1000, 2000]);
  const before = clock.now();
  await clock.until(Promise.all(asked(pacerWith({ tokensPerMinute: 220 }))));
  expect(starts.map((at) => at - before)).toEqual([0, 0, 60_000]);
});

describe("a call that was told to come later", () => {
  test("makes all wait, and is tried before the others", async () => {
    const requests = window(6, 10_000);
    const refusals = new Map<string, number>();
    const { model, starts } = paced(({ text }) => {
      try {
        requests.take(1);
      } catch (error) {
        refusals.set(text, (refusals.get(text) ?? 0) + 1);
        throw error;
      }
      return { latencyMs: 100 };
    });
    const settings = { retries: 10, firstWaitMs: 500, longestWaitMs: 60_000, clock };
    await clock.until(Promise.all(ask(retrying(model, settings), 30)));
    expect(Math.max(...refusals.values())).toBe(1);
    expect(requests.refused).toBeLessThanOrEqual(5 * 3); // a window's 8 under way less its 6
    const first = starts.findIndex(({ text }) => refusals.has(text));
    expect(first).toBeGreaterThan(0);
    const inFirstWindow = starts.filter(({ at }) => at < 10_000).length;
    expect(inFirstWindow).toBeLessThanOrEqual(6 + 8);
    expect(waits[0]!.reason).toBe("openai:x: too many");
  });

  test("waits twice as long each time where nobody says how long", async () => {
    let refusals = 0;
    const { model, starts } = paced(() => {
      if (refusals++ < 4) throw tooMany();
      return { latencyMs: 10 };
    });
    const settings = { retries: 10, firstWaitMs: 1, longestWaitMs: 1, clock };
    await clock.until(Promise.all(ask(retrying(model, settings), 4)));
    expect(starts.slice(0, 5).map(({ at }) => at)).toEqual([0, 1000, 3000, 7000, 15_000]);
  });
});

describe("a provider that cannot be reached", () => {
  test("is given up soon when it never was, with all that waits", async () => {
    const { model } = paced(() => {
      throw unreachable();
    });
    const settings = { retries: 10, firstWaitMs: 500, longestWaitMs: 60_000, clock };
    const ends = await clock.until(Promise.allSettled(ask(retrying(model, settings), 20)));
    expect(clock.now()).toBeLessThanOrEqual(12_000);
    for (const end of ends) {
      expect(end).toMatchObject({ status: "rejected", reason: { failure: { concernsAll: true } } });
    }
    expect(String((ends[0] as PromiseRejectedResult).reason)).toContain("http://down");
    await expect(ask(model, 1)[0]).rejects.toMatchObject({ failure: { concernsAll: true } });
    expect(waits[0]).toMatchObject({ milliseconds: 1000, reason: unreachable().message });
  });

  test("is waited for when it was", async () => {
    const outage = { begin: 1000, end: 10 * 60_000 };
    let refusals = 0;
    const { model } = paced(() => {
      if (clock.now() >= outage.begin && clock.now() < outage.end) {
        refusals++;
        throw unreachable();
      }
      return { latencyMs: 300 };
    });
    const settings = { retries: 10, firstWaitMs: 500, longestWaitMs: 60_000, clock };
    await clock.until(Promise.all(ask(retrying(model, settings), 100)));
    expect(refusals).toBeLessThan(8 + 20); // those under way, then a scout after each pause
    expect(clock.now()).toBeLessThan(outage.end + 65_000);
  });
});

test("a call ends with its signal while it waits, and the others go on", async () => {
  const controller = new AbortController();
  const { model, starts } = paced(() => ({ latencyMs: 10 }), { requestsPerMinute: 6 });
  const kept = ask(model, 2);
  const [ended] = ask(model, 1, controller.signal);
  const later = ask(model, 1);
  const rejected = expect(ended).rejects.toThrow("enough");
  await clock.advance(5000);
  controller.abort(new Error("enough"));
  await rejected;
  await clock.until(Promise.all([...kept, ...later]));
  expect(starts.map(({ at }) => at)).toEqual([0, 10_000, 20_000]);
  await expect(ask(model, 1, controller.signal)[0]).rejects.toThrow("enough");
});

test("the first call goes ahead, and the others follow after a second", async () => {
  const slow = paced(() => ({ latencyMs: 60_000 }));
  await clock.until(Promise.all(ask(slow.model, 5)));
  expect(slow.starts.map(({ at }) => at)).toEqual([0, 1000, 1000, 1000, 1000]);
  expect(waits).toEqual([]);
});
