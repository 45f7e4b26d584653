import { type Interval, meanEstimate, wilsonInterval } from "../../statistics/intervals.ts";
import type { SampleRecord } from "./sample-record.ts";

/** What all samples say of a score together. */
export interface ScoreSummary {
  readonly name: string;
  /** Scored samples. */
  readonly n: number;
  readonly mean: number;
  readonly interval: Interval;
  /** Samples without a value: the scorer gave none, or they failed. */
  readonly unscored: number;
}

/**
 * The mean of each score with its interval: Wilson's where all values are 0 or 1, not a number where
 * there are fewer than two others.
 *
 * @param level - of the intervals
 */
export function summarise(records: readonly SampleRecord[], level = 0.95): ScoreSummary[] {
  const names = new Set(records.flatMap(({ scores }) => Object.keys(scores)));
  return [...names].map((name) => {
    const values = records.flatMap(({ scores }) => scores[name]?.value ?? []);
    return {
      name,
      n: values.length,
      ...meanWithInterval(values, level),
      unscored: records.length - values.length,
    };
  });
}

function meanWithInterval(values: readonly number[], level: number) {
  const count = values.filter((value) => value === 1).length;
  if (values.length > 0 && values.every((value) => value === 0 || value === 1)) {
    return {
      mean: count / values.length,
      interval: wilsonInterval(count, values.length, level),
    };
  }
  if (values.length < 2) {
    const [only = Number.NaN] = values;
    return { mean: only, interval: { low: Number.NaN, high: Number.NaN, level } };
  }
  const { mean, interval } = meanEstimate(values, level);
  return { mean, interval };
}
