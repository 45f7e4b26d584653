import { percentileInterval } from "../../statistics/bootstrap.ts";
import type { Interval } from "../../statistics/intervals.ts";
import { bestPlace } from "../laws/best-size.ts";
import type { LawPlace } from "../laws/law-form.ts";
import { bestSizes, type FittedLaw, readsOptima } from "./candidate-law.ts";
import type { Judgement } from "./judgement.ts";
import { refit } from "./spread.ts";
import type { Outlook } from "./table-forecast.ts";
import type { TableRuns } from "./table-runs.ts";

/** What to train with a compute, and what it is worth. */
export interface BestRun {
  /** The law of size and data that says it; undefined where parabolas alone do. */
  readonly law: string | undefined;
  readonly n: number;
  readonly d: number;
  /** Of n, over refits and the other admitted laws. */
  readonly interval: Interval | undefined;
  /** Sizes whose loss is within 0.1 % of the best. */
  readonly within: { readonly low: number; readonly high: number } | undefined;
  /** The size by a line through the minima of parabolas, to compare. */
  readonly parabolas: number | undefined;
}

/** What a proposed size costs at its compute. */
export interface Deadweight {
  /** Over the loss of the best size at the same compute, less 1. */
  readonly loss: number;
  /** The share of the compute that the best size would not need for the same loss. */
  readonly compute: number;
}

const toleratedLoss = 1e-3;

/** The best number of parameters for a compute: of a law that knows sizes, else by the minima. */
export function bestSizeOf(law: FittedLaw, runs: TableRuns, c: number): number | undefined {
  if (!readsOptima(law.candidate)) {
    return bestPlace(law.candidate.form, law.fit.parameters, c, runs.flopsPerToken).n;
  }
  const isSized = runs.optima.length > 1 && runs.optima.every(({ n }) => n > 0);
  return isSized ? bestSizes(runs, { isLine: true })(c) : undefined;
}

/** What to train with a compute; undefined where the table tells no sizes. */
export function bestRun(
  { judgements, noise }: Outlook,
  runs: TableRuns,
  { c, level, draws, seed }: { c: number; level: number; draws: number; seed: number },
): BestRun | undefined {
  const parabolas = runs.source === "quadratics" ? bestSizes(runs, { isLine: true })(c) : undefined;
  const sized = judgements.filter(
    ({ law, rejection }) =>
      rejection === undefined && law !== undefined && !readsOptima(law.candidate),
  );
  const dataOf = (n: number) => c / runs.flopsPerToken / n;
  if (sized.length === 0) {
    if (parabolas === undefined) return undefined;
    const none = { law: undefined, interval: undefined, within: undefined };
    return { ...none, n: parabolas, d: dataOf(parabolas), parabolas };
  }
  const best = sized.reduce((low, one) => (one.drift < low.drift ? one : low));
  const n = bestSizeOf(best.law!, runs, c)!;
  const others = sized.map(({ law }) => bestSizeOf(law!, runs, c)!);
  const { parameters } = refit(best.law!, noise.standardDeviation, { draws, seed });
  const { form } = best.law!.candidate;
  const drawn = parameters.map((one) => bestPlace(form, one, c, runs.flopsPerToken).n);
  const { low, high } = percentileInterval(drawn, level);
  return {
    ...{ law: best.name, n, d: dataOf(n), parabolas },
    interval: { low: Math.min(low, ...others), high: Math.max(high, ...others), level },
    within: flatRange(best, { n, c }, runs.flopsPerToken),
  };
}

/** How far the size can be from the best one. */
function flatRange(
  { law }: Judgement,
  { n, c }: { readonly n: number; readonly c: number },
  flopsPerToken: number,
): { readonly low: number; readonly high: number } {
  const lossAt = (size: number) => law!.lossAt({ n: size, d: c / flopsPerToken / size, c });
  const most = lossAt(n) * (1 + toleratedLoss);
  const edge = (direction: -1 | 1) => {
    let [good, bad] = [0, Math.log(100)];
    for (let step = 0; step < 40; step++) {
      const middle = (good + bad) / 2;
      if (lossAt(n * Math.exp(direction * middle)) <= most) good = middle;
      else bad = middle;
    }
    return n * Math.exp(direction * good);
  };
  return { low: edge(-1), high: edge(1) };
}

/** Sizes within this factor of the best lose little against it. */
const nearBest = 2;

/** Whether a place names a size far from the best for its compute, as the lowest losses show it. */
export function isFarFromBest({ n, c }: LawPlace, runs: TableRuns): boolean {
  const { optima, grid } = runs;
  if (!(n > 0) || grid.length === 0) return false;
  if (optima.length < 2 || !optima.every((optimum) => optimum.n > 0)) return true;
  return Math.abs(Math.log(n / bestSizes(runs, { isLine: true })(c))) > Math.log(nearBest);
}

/** What a proposed size loses against the best one; undefined for a law that knows no sizes. */
export function deadweight(law: FittedLaw, place: LawPlace): Deadweight | undefined {
  if (readsOptima(law.candidate) || !(place.n > 0)) return undefined;
  const proposed = law.lossAt(place);
  const bestAt = (c: number) => law.lossAt({ n: Number.NaN, d: Number.NaN, c });
  let [low, high] = [Math.log(place.c) - 20, Math.log(place.c)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (bestAt(Math.exp(middle)) > proposed) low = middle;
    else high = middle;
  }
  return { loss: proposed / bestAt(place.c) - 1, compute: 1 - Math.exp(high) / place.c };
}
