/**
 * `npm run bench calibration`: how often the intervals of forecasts of public tables hold what came,
 * when their width was measured on the tables of other sources alone; beside a plain bootstrap's.
 */
import {
  type CalibratedSpreads,
  publicSpreads,
  spreadsFor,
} from "../src/scaling/tables/calibration.ts";
import { type PublicTable, publicTables } from "../src/scaling/tables/public-tables.fixture.ts";
import { backtestTable, holds } from "../src/scaling/tables/table-backtest.ts";
import { studyTable } from "../src/scaling/tables/table-forecast.ts";
import { studentQuantile } from "../src/statistics/distributions.ts";
import { withoutSharedData } from "../src/statistics/shared-data.fixture.ts";
import type { Bench, Row } from "./harness.ts";

/** One forecast of a held-out loss. */
interface ForecastError {
  readonly source: string;
  readonly sameRuns: string;
  /** Which run it is of, whatever the loss and the origin. */
  readonly target: string;
  /** Size of ln(predicted / actual) over the spread. */
  readonly spreads: number;
  readonly spread: number;
  /** At 80 and 90 %, of the refits alone: whether it held the loss, and half its width. */
  readonly bootstrap: readonly { readonly isCovered: boolean; readonly halfWidth: number }[];
  /** The sources count the same, their tables the same within, and each target once. */
  weight: number;
}

const levels = [0.8, 0.9];
const settings = { draws: 100, seed: 1 };

/** Coverage at nominal 80 and 90 %. */
export const bench: Bench = {
  description: "coverage of forecast intervals on public tables, calibrated on the other sources",
  async run({ only, print }) {
    const tables = publicTables(only);
    if (tables === undefined) throw new Error(withoutSharedData);
    const errors: ForecastError[] = [];
    for await (const table of tables) {
      const found = errorsOf(table);
      print(`${table.name}: ${found.length} forecasts`);
      errors.push(...found);
    }
    weigh(errors);
    print(`independent held-out runs: ${new Set(errors.map(({ target }) => target)).size}`);
    print(`spreads of all sources: ${JSON.stringify(measure(errors))}`);
    return levels.flatMap((level, i) => rowsAt(errors, level, i));
  },
};

function errorsOf({ source, sameRuns, runs }: PublicTable): ForecastError[] {
  const { targets } = backtestTable(studyTable(runs), runs, settings);
  return targets.map(({ held, forecast, bootstrap }) => {
    const { n, d, c } = held.place;
    return {
      ...{ source, sameRuns, spread: forecast.spread.total, weight: 1 },
      target: `${sameRuns} ${[n, d, c].map((value) => value.toPrecision(5)).join(" ")}`,
      spreads: Math.abs(Math.log(forecast.loss / held.loss)) / forecast.spread.total,
      bootstrap: levels.map(bootstrap).map((interval) => ({
        isCovered: holds(interval, held),
        halfWidth: Math.log(interval.high / interval.low) / 2,
      })),
    };
  });
}

/** Shares the weight of each source among its groups of runs, and theirs among their targets. */
function weigh(errors: ForecastError[]): void {
  for (const by of ["target", "sameRuns", "source"] as const) {
    const totals = new Map<string, number>();
    for (const one of errors) totals.set(one[by], (totals.get(one[by]) ?? 0) + one.weight);
    for (const one of errors) one.weight /= totals.get(one[by])!;
  }
}

/** How many spreads hold each share of the errors. */
function measure(errors: readonly ForecastError[]): CalibratedSpreads {
  const sorted = errors.toSorted((a, b) => a.spreads - b.spreads);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  return publicSpreads.map(([level]) => {
    let left = level * total;
    const found = sorted.find(({ weight }) => {
      left -= weight;
      return left <= 0;
    });
    return [level, Number((found ?? sorted.at(-1)!).spreads.toPrecision(3))];
  });
}

function rowsAt(errors: readonly ForecastError[], level: number, index: number): Row[] {
  const sources = [...new Set(errors.map(({ source }) => source))];
  const calibrated = sources.flatMap((source) => {
    const spreads = spreadsFor(level, measure(errors.filter((one) => one.source !== source)));
    return errors
      .filter((one) => one.source === source)
      .map((one) => ({
        ...one,
        isCovered: one.spreads <= spreads,
        halfWidth: spreads * one.spread,
      }));
  });
  const plain = errors.map((one) => ({ ...one, ...one.bootstrap[index]! }));
  return [
    ...summary(`nominal ${100 * level} %, calibrated`, calibrated),
    ...summary(`nominal ${100 * level} %, plain bootstrap`, plain),
  ];
}

type Covered = ForecastError & { readonly isCovered: boolean; readonly halfWidth: number };

/** Coverage with an interval over groups of runs, and the mean half width. */
function summary(name: string, errors: readonly Covered[]): Row[] {
  const groups = new Map<string, { covered: number; weight: number }>();
  for (const { sameRuns, isCovered, weight } of errors) {
    const group = groups.get(sameRuns) ?? { covered: 0, weight: 0 };
    groups.set(sameRuns, {
      covered: group.covered + (isCovered ? weight : 0),
      weight: group.weight + weight,
    });
  }
  const all = [...groups.values()];
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  const coverage = all.reduce((sum, { covered }) => sum + covered, 0) / total;
  const squares = all.reduce((sum, { covered, weight }) => {
    return sum + (covered - coverage * weight) ** 2;
  }, 0);
  const correction = all.length / (all.length - 1);
  const error = Math.sqrt(correction * squares) / total;
  const reach = studentQuantile(0.975, all.length - 1) * error;
  const width = errors.reduce((sum, { halfWidth, weight }) => sum + halfWidth * weight, 0) / total;
  const none = { baseline: null, ratio: null };
  const ends = [coverage - reach, coverage + reach].map((end) => (100 * end).toFixed(0));
  return [
    {
      ...{ name: `${name}: coverage (95 % interval ${ends.join(" to ")})`, ...none },
      ...{ value: 100 * coverage, unit: "%" },
    },
    { name: `${name}: mean half width`, value: 100 * width, unit: "% of the loss", ...none },
  ];
}
