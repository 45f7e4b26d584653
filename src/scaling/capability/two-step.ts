import { percentileInterval } from "../../statistics/bootstrap.ts";
import type { Interval } from "../../statistics/intervals.ts";
import { Random } from "../../statistics/random.ts";
import type { PlaceForecast } from "../tables/table-forecast.ts";
import {
  fitLink,
  type Link,
  type LinkName,
  type LinkPoint,
  type LinkSettings,
  refitLinks,
} from "./link.ts";

/** How a choice task is forecast. */
export interface TwoStepSettings extends LinkSettings {
  readonly link: LinkName;
  readonly level: number;
  readonly draws: number;
  readonly seed: number;
}

/** The forecast accuracy of a model on a choice task. */
export interface TwoStepForecast {
  readonly link: Link;
  readonly accuracy: number;
  /** Of one model: both steps, and the models' accuracies about the link. */
  readonly interval: Interval;
  /** The same for a loss that is known, which leaves the second step alone. */
  readonly linkInterval: Interval;
}

/** Levels from which the standard deviation of a loss's logarithm is read. */
const readLevel = 0.8;
const normalAtReadLevel = 1.2815515655446004;

/**
 * The second step of a forecast: from the loss of the right answers to how many are chosen.
 *
 * @param soft - the first step's forecast of that loss
 * @param points - models whose loss and accuracy are both known
 * @see Bhagia et al. 2024, arXiv 2412.04403
 */
export function forecastAccuracy(
  soft: PlaceForecast,
  points: readonly LinkPoint[],
  settings: TwoStepSettings,
): TwoStepForecast {
  const { level, draws, seed } = settings;
  const link = fitLink(settings.link, points, settings);
  const random = new Random(seed);
  const links = refitLinks(link, points, { ...settings, random });
  const deviation = Math.log(soft.interval(readLevel).high / soft.loss) / normalAtReadLevel;
  const within = (spread: number): Interval => {
    const drawn = Array.from({ length: Math.max(1000, draws) }, (_, i) => {
      const loss = soft.loss * Math.exp(spread * random.normal());
      const accuracy = links[i % links.length]!.accuracyAt(loss) + link.residual * random.normal();
      return Math.min(1, Math.max(0, accuracy));
    });
    return percentileInterval(drawn, level);
  };
  return {
    link,
    accuracy: link.accuracyAt(soft.loss),
    interval: within(deviation),
    linkInterval: within(0),
  };
}
