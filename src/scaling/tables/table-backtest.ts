import type { Interval } from "../../statistics/intervals.ts";
import { ScalingRefusal } from "../refusal.ts";
import { bestSizeOf } from "./best-run.ts";
import { type CandidateStudy, type HeldOut, levelsOf, upTo } from "./rolling-origin.ts";
import { outlook, type PlaceForecast, type TableForecastSettings } from "./table-forecast.ts";
import type { TableRuns } from "./table-runs.ts";

/** A part of a table against a loss that it does not hold. */
export interface TableBacktestTarget {
  readonly held: HeldOut;
  /** Levels that were seen. */
  readonly origin: number;
  /** The largest compute that was seen. */
  readonly from: number;
  readonly law: string;
  /** The law with what it was fitted to. */
  readonly reading: string;
  readonly forecast: PlaceForecast;
  /** Share of the loss that the size which was foreseen as best costs; undefined where it is not known. */
  readonly regret: number | undefined;
  /** Percentiles of the refits alone, as plain bootstraps give them. */
  bootstrap(level: number): Interval;
}

/** A table's forecasts of itself. */
export interface TableBacktest {
  readonly targets: readonly TableBacktestTarget[];
  /** Origins that were refused, and why. */
  readonly refused: readonly { readonly from: number; readonly reason: string }[];
}

/** Levels at the first origin: one forecast of the next level must lie behind it. */
const firstOrigin = 5;

/**
 * Forecasts a table from its own beginnings: at each origin the law is chosen by what is seen there,
 * and every later loss is a target.
 */
export function backtestTable(
  studies: readonly CandidateStudy[],
  runs: TableRuns,
  settings: TableForecastSettings,
): TableBacktest {
  const levels = levelsOf(runs);
  const first = Math.min(firstOrigin, levels.length - 1);
  const refused: { from: number; reason: string }[] = [];
  const targets = levels.slice(first - 1, -1).flatMap((from, i) => {
    const origin = first + i;
    try {
      return targetsAt(studies, runs, { ...settings, origin });
    } catch (error) {
      if (!(error instanceof ScalingRefusal)) throw error;
      refused.push({ from, reason: error.reason });
      return [];
    }
  });
  return { targets, refused };
}

function targetsAt(
  studies: readonly CandidateStudy[],
  runs: TableRuns,
  settings: TableForecastSettings & { readonly origin: number },
): TableBacktestTarget[] {
  const { origin } = settings;
  const { chosen, judgements, refits, largest, at } = outlook(studies, runs, settings);
  const study = studies[judgements.indexOf(chosen)]!;
  const seen = upTo(runs, largest);
  return study.errors
    .filter((one) => one.origin === origin)
    .map(({ target }) => ({
      ...{ held: target, origin, from: largest, forecast: at(target.place) },
      ...{ law: study.candidate.form.name, reading: chosen.name },
      regret: regretAt(runs, target.place.c, bestSizeOf(chosen.law!, seen, target.place.c)),
      bootstrap: (level) => refits.interval(target.place, level),
    }));
}

/** What a size costs at a compute whose best one was found. */
function regretAt({ optima }: TableRuns, c: number, size: number | undefined): number | undefined {
  const optimum = optima.find((one) => one.c === c);
  if (optimum?.bend === undefined || size === undefined) return undefined;
  return Math.expm1(optimum.bend * Math.log(size / optimum.n) ** 2);
}

/** Whether a loss lies in an interval. */
export function holds({ low, high }: Interval, { loss }: HeldOut): boolean {
  return loss >= low && loss <= high;
}
