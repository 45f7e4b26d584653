import type { Random } from "../../statistics/random.ts";

/** Counts of one problem by model, computes as logarithms over a centre. */
export interface ProblemCounts {
  readonly logC: readonly number[];
  readonly passes: readonly number[];
  readonly samples: readonly number[];
}

/** Points of the integral over ln a, and how many standard deviations they reach. */
const [points, reach] = [13, 4.5];
const newtonSteps = 30;

/**
 * What is known of a problem's a, where its pass rates are exp(-a (C / C0)^-k) and ln a is normal:
 * the integral over ln a is taken on a grid about its mode, as wide as the curvature says.
 */
export class ProblemPosterior {
  readonly counts: ProblemCounts;
  /** ln a at each point. */
  readonly logAs = new Float64Array(points);
  /** Their posterior weights, which add up to 1. */
  readonly weights = new Float64Array(points);
  /** Slopes of the log likelihood by k. */
  readonly slopesK = new Float64Array(points);
  #mode = Number.NaN;

  constructor(counts: ProblemCounts) {
    this.counts = counts;
  }

  /** Takes a law's parameters in; gives the log likelihood of the problem's counts. */
  update(law: { readonly k: number; readonly location: number; readonly scale: number }): number {
    const { k, location, scale } = law;
    const deviation = this.#findMode(law);
    const step = (2 * reach * deviation) / (points - 1);
    let top = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < points; i++) {
      const logA = this.#mode + (i - (points - 1) / 2) * step;
      const distance = (logA - location) / scale;
      const { log, slopeK } = likelihoodAt(this.counts, logA, k);
      this.logAs[i] = logA;
      this.slopesK[i] = slopeK;
      this.weights[i] = log - (distance * distance) / 2;
      top = Math.max(top, this.weights[i]!);
    }
    let sum = 0;
    for (let i = 0; i < points; i++) {
      this.weights[i] = Math.exp(this.weights[i]! - top);
      sum += this.weights[i]!;
    }
    for (let i = 0; i < points; i++) this.weights[i]! /= sum;
    return top + Math.log((sum * step) / (scale * Math.sqrt(2 * Math.PI)));
  }

  /** Finds the mode by Newton's method; gives the standard deviation that its curvature says. */
  #findMode({
    k,
    location,
    scale,
  }: {
    readonly k: number;
    readonly location: number;
    readonly scale: number;
  }): number {
    let logA = Number.isFinite(this.#mode) ? this.#mode : location;
    let bend = 1;
    for (let step = 0; step < newtonSteps; step++) {
      const { slopeA, bendA } = likelihoodAt(this.counts, logA, k);
      const slope = slopeA - (logA - location) / scale ** 2;
      bend = 1 / scale ** 2 - bendA;
      const move = Math.max(-1, Math.min(1, slope / bend));
      logA += move;
      if (Math.abs(move) < 1e-6) break;
    }
    this.#mode = logA;
    return 1 / Math.sqrt(bend);
  }

  /** Draws ln a, between the points too. */
  draw(random: Random): number {
    let left = random.uniform();
    const at = this.weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    const step = this.logAs[1]! - this.logAs[0]!;
    return this.logAs[at === -1 ? points - 1 : at]! + (random.uniform() - 0.5) * step;
  }
}

/** The log likelihood of a problem's counts for one a, with its slopes and its bend by ln a. */
function likelihoodAt({ logC, passes, samples }: ProblemCounts, logA: number, k: number) {
  let [log, slopeA, slopeK, bendA] = [0, 0, 0, 0];
  for (let i = 0; i < logC.length; i++) {
    // the pass rate is exp(-h); ln(1 - pass rate) through expm1 where it is near 1
    const h = Math.exp(Math.max(-40, Math.min(40, logA - k * logC[i]!)));
    const failed = samples[i]! - passes[i]!;
    log -= passes[i]! * h;
    let slope = -passes[i]! * h;
    let bend = slope;
    if (failed > 0) {
      const grown = Math.expm1(h);
      log += failed * Math.log(-Math.expm1(-h));
      const odds = h / grown;
      slope += failed * odds;
      bend += failed * odds * (1 - h - odds);
    }
    slopeA += slope;
    slopeK -= slope * logC[i]!;
    bendA += bend;
  }
  return { log, slopeA, slopeK, bendA };
}
