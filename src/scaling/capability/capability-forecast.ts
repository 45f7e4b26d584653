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
  type Prior,
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
  readonly passAt: number;
  /**
   * Whether no fitted model passes a fifth of the samples: the law was not tested where it is asked,
   * and skills may be learnt within one step of compute, so that nothing bounds the rate from above.
   */
  readonly isUntested: boolean;
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
  /** Buckets that the fitted models passed too seldom to say anything of. */
  readonly untold: readonly { readonly bucket: number; readonly passes: number }[];
  /** How far the laws were off inside the ladder; see `driftOf`. */
  readonly drift: number;
  /** Computes of the fitted models, ascending. */
  readonly fitted: readonly number[];
  readonly extrapolation: number;
}

/** Fewest models that a law is fitted to, problems of a bucket, and passes in it. */
const [fewestModels, fewestProblems, fewestPasses] = [3, 5, 5];

/** How much the exponents of buckets differ from that of all problems together. */
const exponentDeviation = 0.15;

/**
 * Forecasts the pass rates of a larger model from those of smaller ones, by difficulty. Models of
 * the target's compute or more are held out: they are neither fitted nor sort the problems.
 *
 * @throws {ScalingRefusal} `too-few-levels` when too few models are smaller than the target;
 *   `too-few-problems`; `too-few-passes` when no bucket can be told
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
  const parts = difficulties.buckets.map(({ bucket, problems }) => {
    const own = new Set(problems);
    const rows = counts.filter(({ problem }) => own.has(problem));
    const seen = rows.filter(({ c }) => c < targetCompute);
    const passes = seen.reduce((sum, one) => sum + one.passes, 0);
    return { bucket, problems: problems.length, rows, seen, passes };
  });
  const told = parts.filter(({ passes }) => passes >= fewestPasses);
  if (told.length === 0) {
    throw new ScalingRefusal(
      "too-few-passes",
      `Capability: expected ${fewestPasses} or more passes in a bucket, got ${parts.map(({ passes }) => passes).join(", ")}. Take more samples, larger models or easier problems.`,
    );
  }
  const kept = told.flatMap(({ seen }) => seen);
  const prior = { mean: fitPassRateLaw(kept).k, deviation: exponentDeviation };
  const drift = driftOf(
    told.map(({ seen }) => seen),
    prior,
  );
  return {
    difficulties,
    buckets: told.map(({ bucket, problems, rows, seen }) => {
      const forecast = forecastBucket(rows, seen, { ...settings, prior, drift });
      return { bucket, problems, ...forecast };
    }),
    untold: parts
      .filter((part) => !told.includes(part))
      .map(({ bucket, passes }) => ({ bucket, passes })),
    drift,
    fitted,
    extrapolation: targetCompute / fitted.at(-1)!,
  };
}

function forecastBucket(
  counts: readonly PassCount[],
  seen: readonly PassCount[],
  settings: CapabilitySettings & { readonly prior: Prior; readonly drift: number },
): Omit<BucketForecast, "bucket" | "problems"> {
  const { targetCompute, level, draws, seed, passAt, prior, drift } = settings;
  const law = fitPassRateLaw(seen, undefined, prior);
  const random = new Random(seed);
  const byProblem = [...groupBy(seen, ({ problem }) => problem).values()];
  const drawn = Array.from({ length: draws }, () => {
    const rows = byProblem.flatMap((_, i) => {
      const one = byProblem[random.integer(byProblem.length)]!;
      return one.map((count) => ({ ...count, problem: String(i) }));
    });
    const mean = prior.mean + prior.deviation * random.normal();
    return fitPassRateLaw(rows, law, { ...prior, mean });
  });
  const within = (values: readonly number[]) => percentileInterval(values, level);
  const posteriors = problemsOf(seen, law.centre);
  const reach = Math.log(targetCompute / Math.max(...seen.map(({ c }) => c)));
  const predictions = drawn.map((one) => {
    const off = Math.exp(drift * reach * random.normal());
    return drawnPrediction(one, posteriors, { c: targetCompute, random, off });
  });
  const rates = predictions.map(({ passRate }) => passRate);
  const highest = Math.max(...observedRates(seen).map(({ passes, samples }) => passes / samples));
  const isUntested = highest < testedRate;
  const rateInterval = (one: number): Interval => ({
    ...percentileInterval(rates, one),
    ...(isUntested && { high: 1 }),
  });
  return {
    law,
    meanNegLog: mean(predictions.map(({ meanNegLog }) => meanNegLog)),
    passRate: mean(rates),
    negLogInterval: {
      ...within(predictions.map(({ meanNegLog }) => meanNegLog)),
      ...(isUntested && { low: 0 }),
    },
    passRateInterval: rateInterval(level),
    passRateSpread: {
      deviation: standardDeviation(rates),
      intervals: sealLevels.map(rateInterval),
    },
    isUntested,
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

/** Fewest passes of the smaller models at which their law's errors count as its own. */
const passesOfOrigin = 30;

/**
 * Pass rate that a fitted model must reach before the law's upper end is believed: on our own ladder a
 * bucket went from 13 to 100 % within 7.5 times the compute, against a forecast of 29 % (lab log,
 * 2026-11-29).
 */
const testedRate = 0.2;

/** No law of pass rates is better than this, whatever a few errors say. */
const leastDrift = 0.02;

/**
 * How far the laws stray for each factor e of extrapolation, in ln -ln pass rate: what laws of the
 * smaller models missed each larger one by, less the noise of its counts, the buckets together.
 */
function driftOf(buckets: readonly (readonly PassCount[])[], prior: Prior): number {
  let [squares, distances] = [0, 0];
  for (const counts of buckets) {
    const rates = observedRates(counts);
    for (let origin = fewestModels; origin < rates.length; origin++) {
      const { c: largest } = rates[origin - 1]!;
      const seen = counts.filter(({ c }) => c <= largest);
      const passed = rates.slice(0, origin).reduce((sum, { passes }) => sum + passes, 0);
      if (passed < passesOfOrigin) continue; // what it misses is noise of its own counts
      const law = fitPassRateLaw(seen, undefined, prior);
      for (const { c, passes, samples } of rates.slice(origin)) {
        const came = (passes + 0.5) / (samples + 1); // none or all passed is no infinite error
        const missed = logNegLog(predictPassRate(law, c).passRate) - logNegLog(came);
        const noise = 1 / (passes + 0.5) / Math.log(came) ** 2;
        squares += Math.max(0, missed ** 2 - noise);
        distances += Math.log(c / largest) ** 2;
      }
    }
  }
  return distances === 0 ? leastDrift : Math.max(leastDrift, Math.sqrt(squares / distances));
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
