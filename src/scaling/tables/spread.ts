import { percentileInterval } from "../../statistics/bootstrap.ts";
import type { Interval } from "../../statistics/intervals.ts";
import { quantile, standardDeviation } from "../../statistics/quantile.ts";
import { Random } from "../../statistics/random.ts";
import { drawRows } from "../draw-rows.ts";
import { fitForm } from "../fit-form.ts";
import type { LawParameters, LawPlace } from "../laws/law-form.ts";
import { type FittedLaw, lossOf } from "./candidate-law.ts";
import type { Judgement, TableNoise } from "./judgement.ts";
import { comparedFit } from "./rolling-origin.ts";

/** What makes a forecast uncertain, each a standard deviation of ln loss. */
export interface Spread {
  /** Refits to runs drawn with replacement and moved by the noise. */
  readonly sampling: number;
  /** The other admitted laws about the chosen one, the better in the backtest weighing more. */
  readonly form: number;
  /** The chosen law's own backtest errors, by the log of the extrapolation. */
  readonly drift: number;
  /** A single run about its mean. */
  readonly noise: number;
  /** All together. */
  readonly total: number;
}

/** Laws refitted to other draws of the same runs. */
export interface Refits {
  readonly parameters: readonly LawParameters[];
  /** Standard deviation of the logarithms of the losses at a place, its tails drawn in. */
  deviation(place: LawPlace): number;
  /** Percentiles of the losses at a place. */
  interval(place: LawPlace, level: number): Interval;
}

/**
 * Refits a law to its runs drawn with replacement, each moved by the noise of a loss.
 *
 * @param noise - standard deviation of ln loss
 */
export function refit(
  law: FittedLaw,
  noise: number,
  { draws, seed }: { readonly draws: number; readonly seed: number },
): Refits {
  const random = new Random(seed);
  const { form } = law.candidate;
  const laws = Array.from({ length: draws }, () => {
    const rows = drawRows(law.rows, random, form.parameters.length).map((row) => {
      return { ...row, loss: row.loss * Math.exp(noise * random.normal()) };
    });
    const settings = { ...comparedFit, starts: 1, from: law.fit.variables };
    return fitForm(form, rows, settings).parameters;
  });
  const lossesAt = (place: LawPlace) => {
    const own = law.lossAt(place);
    return Float64Array.from(laws, (parameters) => {
      const ratio = lossOf(law, parameters, place) / own;
      if (Number.isNaN(ratio)) return own * mostRatio;
      return own * Math.min(mostRatio, Math.max(1 / mostRatio, ratio));
    }).sort();
  };
  return {
    parameters: laws,
    deviation: (place) => trimmedDeviation(lossesAt(place).map(Math.log)),
    interval(place, level) {
      return percentileInterval([...lossesAt(place)], level);
    },
  };
}

/** A refit that says more than so many times the loss has come loose from its runs. */
const mostRatio = 100;

/** No law is better than 0.3 % for each factor e of extrapolation, whatever a few errors say. */
export const leastDrift = 3e-3;

/** How uncertain the chosen law is at a place. */
export function spreadAt(
  place: LawPlace,
  chosen: Judgement,
  {
    judgements,
    noise,
    refits,
    logDistance,
  }: {
    readonly judgements: readonly Judgement[];
    readonly noise: TableNoise;
    readonly refits: Refits;
    /** ln of the place's compute over the largest one seen. */
    readonly logDistance: number;
  },
): Spread {
  const own = Math.log(chosen.law!.lossAt(place));
  let [squares, weights] = [0, 0];
  for (const { law, drift, rejection } of judgements) {
    if (rejection !== undefined) continue;
    const weight = 1 / (drift ** 2 + leastDrift ** 2);
    squares += weight * (Math.log(law!.lossAt(place)) - own) ** 2;
    weights += weight;
  }
  const parts = {
    sampling: refits.deviation(place),
    form: weights === 0 ? 0 : Math.sqrt(squares / weights),
    drift: Math.max(leastDrift, chosen.drift) * Math.max(0, logDistance),
    noise: noise.standardDeviation,
  };
  return { ...parts, total: Math.hypot(...Object.values(parts)) };
}

/** Standard deviation with the outermost twentieths drawn in to the next quantile. */
function trimmedDeviation(sorted: Float64Array): number {
  const [low, high] = [quantile(sorted, 0.05), quantile(sorted, 0.95)];
  return standardDeviation(Array.from(sorted, (log) => Math.min(high, Math.max(low, log))));
}
