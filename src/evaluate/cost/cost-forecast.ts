import type { Interval } from "../../statistics/intervals.ts";
import type { PlannedCalls, RunPlan } from "../run/run-plan.ts";
import type { CostMeter, Spending } from "./cost-meter.ts";
import { costOf, type PriceList } from "./prices.ts";

/** What a run will take, before it has asked anything. */
export interface CostForecast {
  /** Estimated from bytes: right to a factor of about two. */
  readonly promptTokens: number;
  /** Null where some calls do not bound their answers. */
  readonly mostAnswerTokens: number | null;
  /** USD of the first question of each sample alone; null where a price is not known. */
  readonly promptCost: number | null;
  /** USD of all questions, every answer as long as it may be; null where that is not known. */
  readonly mostCost: number | null;
}

/** What a run will come to, from the samples that were asked anew. */
export interface PilotForecast {
  /** Samples that it is made from. */
  readonly n: number;
  readonly remaining: number;
  /** USD in all, what was spent included; null where a price is not known. */
  readonly cost: { readonly about: number; readonly interval: Interval } | null;
  /** Seconds that the rest takes. */
  readonly seconds: { readonly about: number; readonly interval: Interval };
}

/** Answered samples from which a run is forecast. */
export const pilotSamples = 10;

/** What a plan will take. */
export function forecastCost({ first, later }: RunPlan, prices: PriceList): CostForecast {
  const all = [...first, ...later];
  const total = (value: (calls: PlannedCalls) => number) =>
    all.reduce((sum, one) => sum + value(one), 0);
  const isBounded = all.every(({ unboundedCalls }) => unboundedCalls === 0);
  // a later prompt quotes, at the most, the whole answers before it
  const quoted = later.map((one) => ({ ...one, promptTokens: one.promptTokens + answers(first) }));
  return {
    promptTokens: total(({ promptTokens }) => promptTokens),
    mostAnswerTokens: isBounded ? total(({ mostAnswerTokens }) => mostAnswerTokens) : null,
    promptCost: plannedCost(
      first.map((one) => ({ ...one, mostAnswerTokens: 0 })),
      prices,
    ),
    mostCost: isBounded ? plannedCost([...first, ...quoted], prices) : null,
  };
}

function answers(calls: readonly PlannedCalls[]): number {
  return calls.reduce((sum, { mostAnswerTokens }) => sum + mostAnswerTokens, 0);
}

function plannedCost(calls: readonly PlannedCalls[], prices: PriceList): number | null {
  let cost = 0;
  for (const { model, promptTokens, mostAnswerTokens } of calls) {
    const known = prices[model];
    if (known === undefined) return null;
    const tokens = { promptTokens, cachedTokens: 0, answerTokens: mostAnswerTokens };
    cost += costOf({ ...tokens, isEstimated: true }, known);
  }
  return cost;
}

/**
 * What a run comes to when the rest of its samples are like those that were asked: the mean times
 * their number, with an interval for a sum of further samples by Student's t.
 *
 * @param remaining - samples that will ask something new
 * @param concurrency - of them at the same time
 * @returns undefined below two samples
 */
export function pilotForecast(
  meter: CostMeter,
  { remaining, concurrency }: { readonly remaining: number; readonly concurrency: number },
): PilotForecast | undefined {
  const { cost, milliseconds } = meter.means;
  if (cost.n < 2) return undefined;
  const { cost: spent } = meter.spending();
  const perSecond = 1000 * Math.min(concurrency, Math.max(1, remaining));
  return {
    ...{ n: cost.n, remaining },
    cost:
      spent === null || Number.isNaN(cost.mean)
        ? null
        : {
            about: spent + remaining * cost.mean,
            interval: shifted(cost.sumOfNext(remaining), spent, 1),
          },
    seconds: {
      about: (remaining * milliseconds.mean) / perSecond,
      interval: shifted(milliseconds.sumOfNext(remaining), 0, perSecond),
    },
  };
}

function shifted({ low, high, level }: Interval, by: number, divisor: number): Interval {
  return { low: by + Math.max(0, low) / divisor, high: by + high / divisor, level };
}

/** What `--json` and a log tell of a run's cost. */
export interface RunCost {
  readonly forecast: CostForecast &
    Pick<RunPlan, "samples" | "done" | "cached" | "fresh"> & {
      /** From answers that the log had already; null below `pilotSamples`. */
      readonly pilot: PilotForecast | null;
    };
  readonly spent: Spending;
}
