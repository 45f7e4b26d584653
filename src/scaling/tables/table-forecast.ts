import type { Interval } from "../../statistics/intervals.ts";
import type { LawPlace } from "../laws/law-form.ts";
import { ScalingRefusal } from "../refusal.ts";
import { spreadsFor } from "./calibration.ts";
import { choose, type Judgement, judge, type TableNoise } from "./judgement.ts";
import { type CandidateStudy, levelsOf, rollingStudies } from "./rolling-origin.ts";
import { type Refits, refit, type Spread, spreadAt } from "./spread.ts";
import type { TableRuns } from "./table-runs.ts";

/** How a table is forecast. */
export interface TableForecastSettings {
  /** Name of a form that is taken whatever the backtest says; the best admitted one if left out. */
  readonly law?: string | undefined;
  /** Refits to runs drawn with replacement. */
  readonly draws: number;
  readonly seed: number;
  /** Whether a size far from the best for its compute is asked for. */
  readonly isSized?: boolean;
}

/** What a part of a table says of what lies beyond it. */
export interface Outlook {
  readonly chosen: Judgement;
  readonly judgements: readonly Judgement[];
  readonly noise: TableNoise;
  /** Refits of the chosen law. */
  readonly refits: Refits;
  /** The largest compute seen. */
  readonly largest: number;
  /** The forecast at a place. */
  at(place: LawPlace): PlaceForecast;
}

/** A forecast of the loss of one run. */
export interface PlaceForecast {
  readonly loss: number;
  readonly spread: Spread;
  /** The place's compute over the largest one seen. */
  readonly extrapolation: number;
  interval(level: number): Interval;
}

/** Fewest levels, and least ratio of their computes. */
const [fewestLevels, leastSpan] = [4, 10];

/**
 * Checks that a table has computes enough for a forecast, and backtests every law on it.
 *
 * @throws {ScalingRefusal} `too-few-levels`, `narrow-span`
 */
export function studyTable(runs: TableRuns): readonly CandidateStudy[] {
  const levels = levelsOf(runs);
  if (levels.length < fewestLevels) {
    const sought =
      runs.optima.length > 0 ? "computes with a known lowest loss" : "computes a factor 2 apart";
    throw new ScalingRefusal(
      "too-few-levels",
      `Forecast: expected ${fewestLevels} or more ${sought}, got ${levels.length}. Add runs at other computes, or loosen --filter.`,
    );
  }
  const span = levels.at(-1)! / levels[0]!;
  if (span < leastSpan) {
    throw new ScalingRefusal(
      "narrow-span",
      `Forecast: expected the largest compute to be at least ${leastSpan} times the smallest, got ${span.toPrecision(3)} times. Add smaller or larger runs.`,
    );
  }
  return rollingStudies(runs);
}

/**
 * What the first `origin` levels of a studied table say; all of them for a forecast.
 *
 * @throws {ScalingRefusal} `no-admitted-law` when the backtest admits none; `unfittable-law` when
 *   the law that was asked for cannot be fitted
 */
export function outlook(
  studies: readonly CandidateStudy[],
  runs: TableRuns,
  {
    origin,
    law,
    draws,
    seed,
    isSized = false,
  }: TableForecastSettings & { readonly origin: number },
): Outlook {
  const { judgements, noise } = judge(studies, runs, origin);
  const chosen =
    law === undefined ? choose(judgements, noise, { isSized }) : named(judgements, studies, law);
  if (chosen === undefined) throw noneAdmitted(judgements);
  const refits = refit(chosen.law!, noise.standardDeviation, { draws, seed });
  const largest = levelsOf(runs)[origin - 1]!;
  const at = (place: LawPlace): PlaceForecast => {
    const loss = chosen.law!.lossAt(place);
    const extrapolation = place.c / largest;
    const logDistance = Math.log(extrapolation);
    const spread = spreadAt(place, chosen, { judgements, noise, refits, logDistance });
    return {
      ...{ loss, spread, extrapolation },
      interval(level) {
        const factor = Math.exp(spreadsFor(level) * spread.total);
        return { low: loss / factor, high: loss * factor, level };
      },
    };
  };
  return { chosen, judgements, noise, refits, largest, at };
}

function named(
  judgements: readonly Judgement[],
  studies: readonly CandidateStudy[],
  law: string,
): Judgement {
  const found = judgements[studies.findIndex(({ candidate }) => candidate.form.name === law)]!;
  if (found.law !== undefined) return found;
  throw new ScalingRefusal("unfittable-law", `Law ${law}: ${found.rejection}.`);
}

function noneAdmitted(judgements: readonly Judgement[]): ScalingRefusal {
  const fitted = judgements.filter(({ law }) => law !== undefined);
  const reasons = (fitted.length > 0 ? fitted : judgements).map(
    ({ name, rejection }) => `  ${name}: ${rejection}`,
  );
  return new ScalingRefusal(
    "no-admitted-law",
    `Forecast: no law is admitted for these runs:\n${reasons.join("\n")}\nAdd runs or levels of compute, leave out what is not comparable with --filter, or choose a law with --law and judge it yourself.`,
  );
}
