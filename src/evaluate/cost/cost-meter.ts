import { RunningMean } from "../../statistics/running-mean.ts";
import type { CallRecord } from "../log/sample-record.ts";
import { type CallTokens, callTokens } from "./call-tokens.ts";
import { costOf, type PriceList } from "./prices.ts";

/** What a model took in all calls that were not answered from a cache or a log. */
export interface ModelUsage {
  readonly model: string;
  readonly calls: number;
  readonly promptTokens: number;
  /** Those of the prompts that the provider had in its own cache. */
  readonly cachedTokens: number;
  readonly answerTokens: number;
  /** Calls whose provider told no tokens, so that they are estimated. */
  readonly estimatedCalls: number;
}

/** What was spent. */
export interface Spending {
  readonly usage: readonly ModelUsage[];
  /** USD; null where a model's price is not known. */
  readonly cost: number | null;
}

/** What samples that were asked anew took on average. */
export interface SampleMeans {
  /** USD. */
  readonly cost: RunningMean;
  readonly promptTokens: RunningMean;
  readonly answerTokens: RunningMean;
  /** Of its calls together. */
  readonly milliseconds: RunningMean;
}

/** Counts tokens and what they cost while a run goes on. */
export class CostMeter {
  readonly prices: PriceList;
  readonly means: SampleMeans = {
    cost: new RunningMean(),
    promptTokens: new RunningMean(),
    answerTokens: new RunningMean(),
    milliseconds: new RunningMean(),
  };
  readonly #usage = new Map<string, ModelUsage>();

  constructor(prices: PriceList = {}) {
    this.prices = prices;
  }

  /** Counts the calls of a sample. A sample that failed, or did not end, is no sample of the means. */
  count(calls: readonly CallRecord[], { isWhole }: { readonly isWhole: boolean }): void {
    const fresh = calls.filter(({ isCached }) => !isCached);
    if (fresh.length === 0) return;
    const sums = { cost: 0, promptTokens: 0, answerTokens: 0, milliseconds: 0 };
    for (const call of fresh) {
      const tokens = callTokens(call);
      this.#add(call.model, tokens);
      sums.promptTokens += tokens.promptTokens;
      sums.answerTokens += tokens.answerTokens;
      sums.milliseconds += call.milliseconds;
      const prices = this.prices[call.model];
      sums.cost += prices === undefined ? Number.NaN : costOf(tokens, prices);
    }
    if (!isWhole) return;
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) this.means[key].add(sums[key]);
  }

  spending(): Spending {
    const usage = [...this.#usage.values()];
    return { usage, cost: usageCost(usage, this.prices) };
  }

  #add(model: string, tokens: CallTokens): void {
    const before = this.#usage.get(model);
    this.#usage.set(model, {
      model,
      calls: (before?.calls ?? 0) + 1,
      promptTokens: (before?.promptTokens ?? 0) + tokens.promptTokens,
      cachedTokens: (before?.cachedTokens ?? 0) + tokens.cachedTokens,
      answerTokens: (before?.answerTokens ?? 0) + tokens.answerTokens,
      estimatedCalls: (before?.estimatedCalls ?? 0) + (tokens.isEstimated ? 1 : 0),
    });
  }
}

/** What models cost together, in USD; null where a price is not known. */
export function usageCost(usage: readonly ModelUsage[], prices: PriceList): number | null {
  let cost = 0;
  for (const one of usage) {
    const known = prices[one.model];
    if (known === undefined) return null;
    cost += costOf({ ...one, isEstimated: false }, known);
  }
  return cost;
}

/** What some calls cost, in USD; null where a price is not known. */
export function callsCost(calls: readonly CallRecord[], prices: PriceList): number | null {
  const meter = new CostMeter(prices);
  meter.count(calls, { isWhole: false });
  return meter.spending().cost;
}
