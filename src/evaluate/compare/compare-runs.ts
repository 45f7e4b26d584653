import { ConfigError } from "../../errors.ts";
import { percentileInterval } from "../../statistics/bootstrap.ts";
import { clusteredMean, type Interval } from "../../statistics/intervals.ts";
import { mcnemarTest } from "../../statistics/mcnemar.ts";
import { mcnemarSize } from "../../statistics/mcnemar-power.ts";
import { mean } from "../../statistics/quantile.ts";
import { Random } from "../../statistics/random.ts";
import { isBinary, type SourcedSample, sourceOf } from "../eval-task.ts";
import type { EvalLog } from "../log/eval-log.ts";
import type { LogHeader } from "../log/sample-record.ts";
import { type ReducedSample, reduceSamples } from "../summary/reduce-samples.ts";
import { defaultReducers, type Reducer, reducedName } from "../summary/reducer.ts";
import { pairedSamplesToDetect } from "./samples-to-detect.ts";

/** What a difference of two runs comes to. */
export type CompareVerdict = "better" | "worse" | "inconclusive";

/** Two runs' scores of the same samples. */
export interface ScoreComparison {
  readonly name: string;
  /** Samples that both have scored. */
  readonly n: number;
  readonly first: number;
  readonly second: number;
  /** Second less first. */
  readonly difference: number;
  /**
   * Paired bootstrap; of clustered samples Student's t on the cluster-robust standard error. Of runs
   * that agree on every sample it is 0 to 0, which speaks of these samples alone.
   */
  readonly interval: Interval;
  /** Whether less of the score is better. */
  readonly isLoss: boolean;
  /** Groups of samples that share a source, where they are known. */
  readonly clusters?: number;
  /** Where all values are 0 or 1: samples that only one run has right, and McNemar's exact p. */
  readonly flips: Flips | undefined;
  /** Of the second run. */
  readonly verdict: CompareVerdict;
  /** Samples that would show a difference of this size, with a power of 0.8; undefined at none. */
  readonly samplesNeeded: number | undefined;
  /** The same for the difference that was asked about. */
  readonly samplesToDetect: number | undefined;
}

/** Samples on which two runs differ. */
export interface Flips {
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
  readonly exactP: number;
}

/** How runs are compared. */
export interface CompareSettings {
  readonly level: number;
  readonly draws: number;
  readonly seed: number;
  /** A difference of which it is asked how many samples would show it. */
  readonly detect?: number | undefined;
  /** What is made of the scores of a sample that was asked several times; the mean when left out. */
  readonly reducers?: readonly Reducer[];
}

/**
 * Compares two runs sample by sample. A difference counts as real when its interval leaves out zero
 * and, of right and wrong answers, McNemar's exact test agrees; that test is for independent samples,
 * so that clustered ones are judged by their interval. Of few samples or clusters none is real: G of
 * them that all differ to one side do so by chance with 2^(1 - G), which is no less than 0.05 up to 5.
 *
 * @throws {ConfigError} when the runs are of different tasks or samples
 * @see Miller 2024, "Adding error bars to evals", arXiv 2411.00640
 */
export function compareRuns(
  first: EvalLog,
  second: EvalLog,
  settings: CompareSettings,
): ScoreComparison[] {
  checkSameSamples(first.header, second.header, "eval compare");
  const names = new Set(first.records.flatMap(({ scores }) => Object.keys(scores)));
  const { reducers = defaultReducers } = settings;
  return [...names].flatMap((score) => {
    const isLoss = first.records.some(({ scores }) => scores[score]?.best === 0);
    return reducers.flatMap((reducer) => {
      const [before, after] = [first, second].map(({ records }) =>
        reduceSamples(records, score, reducer),
      );
      const pairs = pairsOf(before!, after!);
      const name = reducedName(score, reducer);
      return pairs.length === 0 ? [] : [comparison({ name, isLoss }, pairs, settings)];
    });
  });
}

/**
 * Refuses runs that cannot be compared sample by sample.
 *
 * @param where - what the error begins with
 * @throws {ConfigError} when they are of different tasks or samples
 */
export function checkSameSamples(first: LogHeader, second: LogHeader, where: string): void {
  const texts = {
    task: ({ task }: LogHeader) => `the task ${task}`,
    dataHash: ({ samples, dataHash }: LogHeader) =>
      `${samples} samples (of hash ${dataHash?.slice(0, 12)})`,
  } as const;
  for (const key of ["task", "dataHash"] as const) {
    const [a, b] = [first[key], second[key]];
    if (a === b || a === null || b === null) continue;
    throw new ConfigError(
      `${where}: expected runs of the same samples; the first has ${texts[key](first)}, the second ${texts[key](second)}; take logs of the same task, data and --max-samples`,
    );
  }
}

interface Pair extends SourcedSample {
  readonly first: number;
  readonly second: number;
}

function pairsOf(first: readonly ReducedSample[], second: readonly ReducedSample[]): Pair[] {
  const others = new Map(second.map((sample) => [sample.id, sample]));
  return first.flatMap(({ id, cluster, value }) => {
    const other = others.get(id);
    if (value === null || other === undefined || other.value === null) return [];
    return [{ id, cluster: cluster ?? other.cluster, first: value, second: other.value }];
  });
}

function comparison(
  { name, isLoss }: Pick<ScoreComparison, "name" | "isLoss">,
  pairs: readonly Pair[],
  settings: CompareSettings,
): ScoreComparison {
  const isClustered = pairs.some(({ cluster }) => cluster !== undefined);
  const { interval, ...own }: ClusteredInterval = isClustered
    ? clusteredInterval(pairs, settings)
    : { interval: bootstrapInterval(pairs, settings) };
  const flips = flipsOf(pairs);
  const difference = mean(pairs.map(differenceOf));
  const alpha = 1 - settings.level + 1e-12;
  const isReal =
    (interval.low > 0 || interval.high < 0) &&
    2 ** (1 - (own.clusters ?? pairs.length)) < alpha &&
    (flips === undefined || isClustered || flips.exactP < alpha);
  return {
    ...{ name, n: pairs.length, difference, interval, ...own, isLoss, flips },
    first: mean(pairs.map((pair) => pair.first)),
    second: mean(pairs.map((pair) => pair.second)),
    verdict: isReal ? (difference > 0 === isLoss ? "worse" : "better") : "inconclusive",
    samplesNeeded: flips === undefined || isClustered ? undefined : samplesFor(flips, pairs.length),
    samplesToDetect: isClustered ? undefined : samplesToDetect(pairs, settings.detect),
  };
}

function differenceOf({ first, second }: Pair): number {
  return second - first;
}

function bootstrapInterval(
  pairs: readonly Pair[],
  { level, draws, seed }: CompareSettings,
): Interval {
  const differences = pairs.map(differenceOf);
  const random = new Random(seed);
  const drawn = Array.from({ length: draws }, () => {
    let sum = 0;
    for (let i = 0; i < differences.length; i++)
      sum += differences[random.integer(differences.length)]!;
    return sum / differences.length;
  });
  return percentileInterval(drawn, level);
}

type ClusteredInterval = Pick<ScoreComparison, "interval" | "clusters">;

/** Of one cluster alone there is no interval. */
function clusteredInterval(pairs: readonly Pair[], { level }: CompareSettings): ClusteredInterval {
  const clusters = pairs.map(sourceOf);
  const count = new Set(clusters).size;
  if (count < 2) {
    return { interval: { low: Number.NaN, high: Number.NaN, level }, clusters: count };
  }
  const { interval } = clusteredMean(pairs.map(differenceOf), clusters, { level });
  return { interval, clusters: count };
}

function samplesToDetect(pairs: readonly Pair[], difference: number | undefined) {
  if (difference === undefined) return undefined;
  return pairedSamplesToDetect(
    pairs.map(({ first, second }) => [first, second]),
    difference,
  );
}

function flipsOf(pairs: readonly Pair[]): Flips | undefined {
  if (!pairs.every(({ first, second }) => isBinary(first) && isBinary(second))) return undefined;
  const idsWhere = (first: number, second: number) =>
    pairs.filter((pair) => pair.first === first && pair.second === second).map(({ id }) => id);
  const [onlyFirst, onlySecond] = [idsWhere(1, 0), idsWhere(0, 1)];
  const { exactP } = mcnemarTest(onlyFirst.length, onlySecond.length);
  return { onlyFirst, onlySecond, exactP };
}

function samplesFor({ onlyFirst, onlySecond }: Flips, n: number): number | undefined {
  if (onlyFirst.length === onlySecond.length) return undefined;
  const shares = { onlyFirst: onlyFirst.length / n, onlySecond: onlySecond.length / n };
  return Math.ceil(mcnemarSize(shares));
}
