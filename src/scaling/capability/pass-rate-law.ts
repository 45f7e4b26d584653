import type { Random } from "../../statistics/random.ts";
import { type Minimum, minimize, type Objective } from "../minimize.ts";
import type { PassCount } from "./pass-counts.ts";
import { ProblemPosterior } from "./problem-posterior.ts";

/**
 * The capability law of a bucket: a problem's pass rate is exp(-a (C / C0)^-k), with one exponent k
 * and an a for each problem, ln a normal about `location` with deviation `scale`. Its mean over the
 * problems is the report's law, -E[ln pass rate] = alpha C^-k.
 *
 * A k below zero is inverse scaling: larger models pass less.
 *
 * @see GPT-4 technical report 2023, section 3.2
 */
export interface PassRateLaw {
  readonly k: number;
  readonly location: number;
  readonly scale: number;
  /** C0 in FLOP: the geometric mean of the fitted computes. */
  readonly centre: number;
}

/** What a law says at a compute. */
export interface PassRatePrediction {
  /** -E[ln pass rate] over the problems of the bucket. */
  readonly meanNegLog: number;
  /** Mean pass rate. */
  readonly passRate: number;
}

/** Points of a normal variate that stand for it, with their weights. */
const normalPoints = Array.from({ length: 41 }, (_, i) => -5 + i / 4);
const normalWeights = (() => {
  const raw = normalPoints.map((z) => Math.exp((-z * z) / 2));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
})();

/** What is known of a number before the counts: a normal. */
export interface Prior {
  readonly mean: number;
  readonly deviation: number;
}

/** Weak prior knowledge that keeps scale off zero and infinity: ln scale about ln 0.7 by 1. */
const scalePrior: Prior = { mean: Math.log(0.7), deviation: 1 };

/** Of the exponent: a handful of passes alone would put it anywhere. */
const exponentPrior: Prior = { mean: 0.2, deviation: 0.5 };

/**
 * Fits the law to counts by the largest likelihood, binomial in the counts: models that never passed
 * a problem count as what they are, nothing is floored or dropped.
 *
 * @param counts - of the problems of one bucket, by two models or more
 * @param from - a law of similar counts, where the search begins
 * @param prior - of the exponent
 */
export function fitPassRateLaw(
  counts: readonly PassCount[],
  from?: PassRateLaw,
  prior: Prior = exponentPrior,
): PassRateLaw {
  const centre =
    from?.centre ?? Math.exp(counts.reduce((sum, { c }) => sum + Math.log(c), 0) / counts.length);
  const problems = problemsOf(counts, centre);
  const objective = negativeLikelihood(problems, prior);
  const starts =
    from === undefined
      ? [0.2, -0.05].map((k) => [startLocation(problems), k, scalePrior.mean])
      : [[from.location, from.k, Math.log(from.scale)]];
  const best = starts
    .map((start) => minimize(objective, start, { tolerance: 1e-4, maxIterations: 60 }))
    .reduce((least: Minimum, end) => (end.value < least.value ? end : least));
  const [location, k, logScale] = best.x as unknown as [number, number, number];
  return { k, location, scale: Math.exp(logScale), centre };
}

/** What counts say of each of their problems, to be updated by laws of this centre. */
export function problemsOf(counts: readonly PassCount[], centre: number): ProblemPosterior[] {
  const problems = new Map<string, { logC: number[]; passes: number[]; samples: number[] }>();
  for (const { problem, c, passes, samples } of counts) {
    const one = problems.get(problem) ?? { logC: [], passes: [], samples: [] };
    one.logC.push(Math.log(c / centre));
    one.passes.push(passes);
    one.samples.push(samples);
    problems.set(problem, one);
  }
  return [...problems.values()].map((one) => new ProblemPosterior(one));
}

/** ln of the mean of -ln pass rate, with half a pass added. */
function startLocation(problems: readonly ProblemPosterior[]): number {
  let [sum, count] = [0, 0];
  for (const { passes, samples } of problems.map(({ counts }) => counts)) {
    for (const [i, passed] of passes.entries()) {
      sum -= Math.log((passed + 0.5) / (samples[i]! + 1));
      count++;
    }
  }
  return Math.log(sum / count);
}

/** Minus the log likelihood, by location, k and ln scale; each problem's a is integrated out. */
function negativeLikelihood(problems: readonly ProblemPosterior[], prior: Prior): Objective {
  return (x, gradient) => {
    const [location, k, logScale] = x as unknown as [number, number, number];
    const scale = Math.exp(logScale);
    const off = (logScale - scalePrior.mean) / scalePrior.deviation;
    gradient.fill(0);
    gradient[2] = off / scalePrior.deviation;
    const offK = (k - prior.mean) / prior.deviation;
    gradient[1] = offK / prior.deviation;
    let total = (off * off + offK * offK) / 2;
    for (const problem of problems) {
      total -= problem.update({ k, location, scale });
      for (const [i, weight] of problem.weights.entries()) {
        const distance = (problem.logAs[i]! - location) / scale;
        gradient[0]! -= (weight * distance) / scale;
        gradient[1]! -= weight * problem.slopesK[i]!;
        gradient[2]! -= weight * (distance * distance - 1);
      }
    }
    return total;
  };
}

/**
 * Draws -ln pass rate of one problem at a compute, by what the law and the problem's own counts say
 * of it.
 */
export function drawNegLog(
  law: PassRateLaw,
  problem: ProblemPosterior,
  { c, random }: { readonly c: number; readonly random: Random },
): number {
  problem.update(law);
  const logA = problem.draw(random);
  return Math.exp(logA - law.k * Math.log(c / law.centre));
}

/** What the law says of models of a compute. */
export function predictPassRate(law: PassRateLaw, c: number): PassRatePrediction {
  const reach = Math.exp(-law.k * Math.log(c / law.centre));
  let [meanNegLog, passRate] = [0, 0];
  for (const [i, z] of normalPoints.entries()) {
    const h = Math.exp(law.location + law.scale * z) * reach;
    meanNegLog += normalWeights[i]! * h;
    passRate += normalWeights[i]! * Math.exp(-h);
  }
  return { meanNegLog, passRate };
}

/** The probability that one of so many samples passes, in the mean over the problems. */
export function predictPassAt(law: PassRateLaw, c: number, samples: number): number {
  const reach = Math.exp(-law.k * Math.log(c / law.centre));
  return normalPoints.reduce((sum, z, i) => {
    const h = Math.exp(law.location + law.scale * z) * reach;
    return sum - normalWeights[i]! * Math.expm1(samples * Math.log(-Math.expm1(-h)));
  }, 0);
}
