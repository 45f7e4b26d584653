import { ConfigError } from "../errors.ts";
import { percentileInterval } from "../statistics/bootstrap.ts";
import type { Interval } from "../statistics/intervals.ts";
import { mcnemarTest } from "../statistics/mcnemar.ts";
import { mcnemarSize } from "../statistics/mcnemar-power.ts";
import { mean } from "../statistics/quantile.ts";
import { Random } from "../statistics/random.ts";
import type { EvalLog } from "./run/eval-log.ts";
import type { SampleRecord } from "./run/sample-record.ts";

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
  /** Paired bootstrap. */
  readonly interval: Interval;
  /** Where all values are 0 or 1: samples that only one run has right, and McNemar's exact p. */
  readonly flips: Flips | undefined;
  /** Of the second run. */
  readonly verdict: CompareVerdict;
  /** Samples that would show a difference of this size, with a power of 0.8; undefined at none. */
  readonly samplesNeeded: number | undefined;
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
}

/**
 * Compares two runs sample by sample. A difference counts as real when its interval leaves out zero
 * and, of right and wrong answers, McNemar's exact test agrees.
 *
 * @throws {ConfigError} when the runs are of different tasks or samples
 */
export function compareRuns(
  first: EvalLog,
  second: EvalLog,
  settings: CompareSettings,
): ScoreComparison[] {
  for (const key of ["task", "dataHash"] as const) {
    const [a, b] = [first.header[key], second.header[key]];
    if (a === b || a === null || b === null) continue;
    throw new ConfigError(
      `eval compare: expected runs of the same samples, their ${key} is ${a} and ${b}`,
    );
  }
  const others = new Map(second.records.map((record) => [record.id, record]));
  const names = new Set(first.records.flatMap(({ scores }) => Object.keys(scores)));
  return [...names].flatMap((name) => {
    const pairs = first.records.flatMap((record) => pairOf(name, record, others) ?? []);
    return pairs.length === 0 ? [] : [comparison(name, pairs, settings)];
  });
}

interface Pair {
  readonly id: string;
  readonly first: number;
  readonly second: number;
}

function pairOf(
  name: string,
  { id, scores }: SampleRecord,
  others: ReadonlyMap<string, SampleRecord>,
): Pair | undefined {
  const [first, second] = [scores[name]?.value, others.get(id)?.scores[name]?.value];
  return typeof first === "number" && typeof second === "number"
    ? { id, first, second }
    : undefined;
}

function comparison(
  name: string,
  pairs: readonly Pair[],
  { level, draws, seed }: CompareSettings,
): ScoreComparison {
  const differences = pairs.map(({ first, second }) => second - first);
  const random = new Random(seed);
  const drawn = Array.from({ length: draws }, () => {
    let sum = 0;
    for (let i = 0; i < differences.length; i++)
      sum += differences[random.integer(differences.length)]!;
    return sum / differences.length;
  });
  const interval = percentileInterval(drawn, level);
  const flips = flipsOf(pairs);
  const difference = mean(differences);
  const isReal =
    (interval.low > 0 || interval.high < 0) &&
    (flips === undefined || flips.exactP < 1 - level + 1e-12);
  return {
    ...{ name, n: pairs.length, difference, interval, flips },
    first: mean(pairs.map((pair) => pair.first)),
    second: mean(pairs.map((pair) => pair.second)),
    verdict: isReal ? (difference > 0 ? "better" : "worse") : "inconclusive",
    samplesNeeded: flips === undefined ? undefined : samplesFor(flips, pairs.length),
  };
}

function flipsOf(pairs: readonly Pair[]): Flips | undefined {
  const isBinary = (value: number) => value === 0 || value === 1;
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
