import type { Interval } from "../../statistics/intervals.ts";
import { mean } from "../../statistics/quantile.ts";
import { isBinary, type ScoreKind, sourceOf } from "../eval-task.ts";
import type { LogHeader, SampleRecord } from "../log/sample-record.ts";
import { type ReducedSample, reduceSamples } from "./reduce-samples.ts";
import { defaultReducers, parseReducers, type Reducer, reducedName } from "./reducer.ts";
import { scoreInterval } from "./score-interval.ts";

/** What all samples say of a score together. */
export interface ScoreSummary {
  /** The score's, with the reducer where that is not the mean: `accuracy/pass@5`. */
  readonly name: string;
  /** Scored samples, however often each was asked. */
  readonly n: number;
  readonly mean: number;
  readonly interval: Interval;
  /** Samples without a value: the scorer gave none, or they failed. */
  readonly unscored: number;
  /** Groups of samples that share a source, where they are known: the interval is theirs. */
  readonly clusters?: number;
}

/** How a run's scores are summarised. */
export interface SummaryOptions {
  /** Of the intervals. */
  readonly level: number;
  readonly reducers: readonly Reducer[];
  /** By score; undefined: what holds only 0 and 1 is taken for binary. */
  readonly kinds: Readonly<Record<string, ScoreKind>> | undefined;
}

/**
 * How a log's scores are summarised: as its header says, or by other reducers.
 *
 * @throws {ConfigError} as `parseReducers`
 */
export function summaryOptions(
  { epochs = 1, reducers, scoreKinds }: LogHeader,
  others?: readonly string[],
): SummaryOptions {
  const names = others === undefined || others.length === 0 ? reducers : others;
  return {
    level: 0.95,
    reducers: names === undefined ? defaultReducers : parseReducers(names, epochs),
    kinds: scoreKinds,
  };
}

const standard: SummaryOptions = { level: 0.95, reducers: defaultReducers, kinds: undefined };

/**
 * The mean of each score with its interval: first each sample's scores are reduced to one value, then
 * the mean is over the samples.
 */
export function summarise(
  records: readonly SampleRecord[],
  options: SummaryOptions = standard,
): ScoreSummary[] {
  const names = [...new Set(records.flatMap(({ scores }) => Object.keys(scores)))];
  const isRepeated = records.some(({ epoch }) => epoch !== undefined);
  return names.flatMap((score) =>
    options.reducers.map((reducer) => {
      const samples = reduceSamples(records, score, reducer);
      const kind = kindOf(options.kinds, score, samples);
      const isShare = kind === "binary" && isRepeated && !reducer.keepsBinary;
      const how = { kind: isShare ? ("share" as const) : kind, level: options.level };
      return { name: reducedName(score, reducer), ...summaryOf(samples, how) };
    }),
  );
}

function kindOf(
  kinds: SummaryOptions["kinds"],
  score: string,
  samples: readonly ReducedSample[],
): ScoreKind {
  if (kinds !== undefined) return kinds[score] ?? "number";
  const values = samples.flatMap(({ value }) => value ?? []);
  return values.every(isBinary) ? "binary" : "number";
}

function summaryOf(
  samples: readonly ReducedSample[],
  { kind, level }: { readonly kind: ScoreKind; readonly level: number },
): Omit<ScoreSummary, "name"> {
  const scored = samples.flatMap(({ value, ...sample }) =>
    value === null ? [] : [{ ...sample, value }],
  );
  const values = scored.map(({ value }) => value);
  const n = values.length;
  const unscored = samples.length - n;
  if (n === 0) {
    const interval = { low: Number.NaN, high: Number.NaN, level };
    return { n, mean: Number.NaN, interval, unscored };
  }
  const isClustered = scored.some(({ cluster }) => cluster !== undefined);
  const clusters = isClustered ? scored.map(sourceOf) : undefined;
  const interval = scoreInterval(values, { kind, clusters, level });
  const summary = { n, mean: mean(values), interval, unscored };
  return clusters === undefined ? summary : { ...summary, clusters: new Set(clusters).size };
}
