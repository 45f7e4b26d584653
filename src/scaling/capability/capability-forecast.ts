import { groupBy } from "../../evaluate/group-by.ts";
import { percentileInterval } from "../../statistics/bootstrap.ts";
import type { Interval } from "../../statistics/intervals.ts";
import { mean, standardDeviation } from "../../statistics/quantile.ts";
import { Random } from "../../statistics/random.ts";
import { sealLevels } from "../ledger/sealed-forecast.ts";
import { ScalingRefusal } from "../refusal.ts";
import { type Difficulties, difficultyBuckets } from "./difficulty-buckets.ts";
import type { PassCount } from "./pass-counts.ts";
import {
  drawNegLog,
  fitPassRateLaw,
  type PassRateLaw,
  type PassRatePrediction,
  predictPassAt,
  predictPassRate,
  problemsOf,
} from "./pass-rate-law.ts";
import type { ProblemPosterior } from "./problem-posterior.ts";

/** How a capability is forecast. */
export interface CapabilitySettings {
  readonly targetCompute: number;
  readonly buckets: number;
  /** Share of the problems, the hardest, that is left out. */
  readonly hardest: number;
  readonly level: number;
  readonly draws: number;
  readonly seed: number;
  /** Samples of which one must pass, for pass@k. */
  readonly passAt: number;
}

/** The forecast of one bucket. */
export interface BucketForecast extends PassRatePrediction {
  readonly bucket: number;
  readonly problems: number;
  readonly law: PassRateLaw;
  /** Of `meanNegLog`, the problems of the bucket at the target alone. */
  readonly negLogInterval: Interval;
  /** Of `passRate`. */
  readonly passRateInterval: Interval;
  /** Of `passRate`, for a seal: standard deviation, 80 and 95 % intervals. */
  readonly passRateSpread: { readonly deviation: number; readonly intervals: readonly Interval[] };
  /** How far the law was off inside the ladder; see `driftOf`. */
  readonly drift: number;
  readonly passAt: number;
  /** Whether larger models pass less: the interval of k lies below zero. */
  readonly isInverse: boolean;
  /** Pass rates of the fitted models and of those held out, by compute. */
  readonly observed: readonly ObservedRate[];
}

/** What a model made of a bucket. */
export interface ObservedRate {
  readonly c: number;
  readonly passes: number;
  readonly samples: number;
  /** Whether the law was fitted to it. */
  readonly isFitted: boolean;
}

/** A capability forecast. */
export interface CapabilityForecast {
  readonly difficulties: Difficulties;
  readonly buckets: readonly BucketForecast[];
  /** Computes of the fitted models, ascending. */
  readonly fitted: readonly number[];
  readonly extrapolation: number;
}

/** Fewest models that a law is fitted to, and fewest problems of a bucket. */
const [fewestModels, fewestProblems] = [3, 5];

/**
 * Forecasts the pass rates of a larger model from those of smaller ones, by difficulty. Models of
 * the target's compute or more are held out: they are neither fitted nor sort the problems.
 *
 * @throws {ScalingRefusal} `too-few-levels` when too few models are smaller than the target;
 *   `too-few-problems`
 */
export function forecastCapability(
  counts: readonly PassCount[],
  settings: CapabilitySettings,
): CapabilityForecast {
  const { targetCompute } = settings;
  const smaller = counts.filter(({ c }) => c < targetCompute);
  const fitted = [...new Set(smaller.map(({ c }) => c))].sort((a, b) => a - b);
  if (fitted.length < fewestModels) {
    throw new ScalingRefusal(
      "too-few-levels",
      `Capability: expected ${fewestModels} or more models below the target's ${targetCompute.toExponential(2)} FLOP, got ${fitted.length}. Sample smaller models too.`,
    );
  }
  const difficulties = difficultyBuckets(smaller, settings);
  const short = difficulties.buckets.find(({ problems }) => problems.length < fewestProblems);
  if (short !== undefined) {
    throw new ScalingRefusal(
      "too-few-problems",
      `Capability: expected ${fewestProblems} or more problems in each bucket, got ${short.problems.length} in bucket ${short.bucket}. Add problems, or take fewer --buckets.`,
    );
  }
  return {
    difficulties,
    buckets: difficulties.buckets.map(({ bucket, problems }) => {
      const own = new Set(problems);
      const ofBucket = counts.filter(({ problem }) => own.has(problem));
      return { bucket, problems: problems.length, ...forecastBucket(ofBucket, settings) };
    }),
    fitted,
    extrapolation: targetCompute / fitted.at(-1)!,
  };
}

function forecastBucket(
  counts: readonly PassCount[],
  { targetCompute, level, draws, seed, passAt }: CapabilitySettings,
): Omit<BucketForecast, "bucket" | "problems"> {
  const seen = counts.filter(({ c }) => c < targetCompute);
  const law = fitPassRateLaw(seen);
  const random = new Random(seed);
  const byProblem = [...groupBy(seen, ({ problem }) => problem).values()];
  const drawn = Array.from({ length: draws }, () => {
    const rows = byProblem.flatMap((_, i) => {
      const one = byProblem[random.integer(byProblem.length)]!;
      return one.map((count) => ({ ...count, problem: String(i) }));
    });
    return fitPassRateLaw(rows, law);
  });
  const within = (values: readonly number[]) => percentileInterval(values, level);
  const posteriors = problemsOf(seen, law.centre);
  const drift = driftOf(seen);
  const reach = Math.log(targetCompute / Math.max(...seen.map(({ c }) => c)));
  const predictions = drawn.map((one) => {
    const off = Math.exp(drift * reach * random.normal());
    return drawnPrediction(one, posteriors, { c: targetCompute, random, off });
  });
  const rates = predictions.map(({ passRate }) => passRate);
  return {
    law,
    meanNegLog: mean(predictions.map(({ meanNegLog }) => meanNegLog)),
    passRate: mean(rates),
    negLogInterval: within(predictions.map(({ meanNegLog }) => meanNegLog)),
    passRateInterval: within(rates),
    passRateSpread: {
      deviation: standardDeviation(rates),
      intervals: sealLevels.map((one) => percentileInterval(rates, one)),
    },
    drift,
    passAt: predictPassAt(law, targetCompute, passAt),
    isInverse: within(drawn.map(({ k }) => k)).high < 0,
    observed: observedRates(counts).map((rate) => ({ ...rate, isFitted: rate.c < targetCompute })),
  };
}

/** What each model made of the problems together, by ascending compute. */
export function observedRates(counts: readonly PassCount[]): Omit<ObservedRate, "isFitted">[] {
  return [...groupBy(counts, ({ c }) => c)]
    .map(([c, rows]) => ({
      c,
      passes: rows.reduce((sum, { passes }) => sum + passes, 0),
      samples: rows.reduce((sum, { samples }) => sum + samples, 0),
    }))
    .sort((a, b) => a.c - b.c);
}

/** No law of pass rates is better than this, whatever a few errors say. */
const leastDrift = 0.02;

/**
 * How far the law strays for each factor e of extrapolation, in ln -ln pass rate: the root mean
 * square of what it missed each model by when it was fitted to the smaller ones alone.
 */
function driftOf(counts: readonly PassCount[]): number {
  const rates = observedRates(counts);
  const errors = rates.slice(fewestModels).map(({ c, passes, samples }, i) => {
    const law = fitPassRateLaw(counts.filter((count) => count.c < c));
    const came = (passes + 0.5) / (samples + 1); // none or all passed is no infinite error
    const missed = logNegLog(predictPassRate(law, c).passRate) - logNegLog(came);
    return missed / Math.log(c / rates[i + fewestModels - 1]!.c);
  });
  return Math.max(leastDrift, Math.sqrt(mean(errors.map((error) => error ** 2)) || 0));
}

function logNegLog(rate: number): number {
  return Math.log(-Math.log(Math.min(1 - 1e-9, Math.max(1e-9, rate))));
}

/** What a law and the problems' own counts say of them together, drawn once. */
function drawnPrediction(
  law: PassRateLaw,
  problems: readonly ProblemPosterior[],
  { off, ...place }: { readonly c: number; readonly random: Random; readonly off: number },
): PassRatePrediction {
  const drawn = problems.map((problem) => off * drawNegLog(law, problem, place));
  return { meanNegLog: mean(drawn), passRate: mean(drawn.map((negLog) => Math.exp(-negLog))) };
}
