import { percentileInterval } from "../../statistics/bootstrap.ts";
import { Random } from "../../statistics/random.ts";
import { type KnownSample, sourceOf } from "../eval-task.ts";
import { groupBy } from "../group-by.ts";
import type { ScoreSummary } from "./score-summary.ts";

/** As many resamples as sacreBLEU draws for its intervals. */
const draws = 1_000;
const level = 0.95;

/**
 * Items by what they are not independent of: the answers of one sample, or of the samples of one
 * cluster. An item of no known sample stands alone.
 */
export function bySource<Item extends KnownSample>(items: readonly Item[]): Item[][] {
  const keyOf = (item: Item) => (item.id === undefined ? item : sourceOf({ ...item, id: item.id }));
  return [...groupBy<Item, Item | string>(items, keyOf).values()];
}

/** How many samples some items are of; an item of no known sample is one of its own. */
export function sampleCount(items: readonly KnownSample[]): number {
  return new Set(items.map((item) => item.id ?? item)).size;
}

/**
 * What resamples say of a statistic of all items together, such as BLEU: the percentile interval over
 * sources that are drawn with all their items. Draws of which the statistic is not a number are left
 * out; of a single source there is no interval.
 */
export function resampled<Item extends KnownSample>(
  items: readonly Item[],
  statistic: (items: readonly Item[]) => number,
): Pick<ScoreSummary, "n" | "interval" | "clusters"> {
  const sources = bySource(items);
  const isClustered = items.some(({ cluster }) => cluster !== undefined);
  const counts = { n: sampleCount(items), ...(isClustered && { clusters: sources.length }) };
  const none = { ...counts, interval: { low: Number.NaN, high: Number.NaN, level } };
  if (sources.length < 2) return none;
  const random = new Random(1);
  const values = Array.from({ length: draws }, () =>
    statistic(sources.flatMap(() => sources[random.integer(sources.length)]!)),
  ).filter((value) => !Number.isNaN(value));
  return values.length === 0 ? none : { ...counts, interval: percentileInterval(values, level) };
}
