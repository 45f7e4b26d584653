import type { LawPlace } from "../scaling/laws/law-form.ts";
import type { BestRun, Deadweight } from "../scaling/tables/best-run.ts";
import type { ComputeMultiplier } from "../scaling/tables/compute-multiplier.ts";
import type { Sensitivity } from "../scaling/tables/sensitivity.ts";
import type { Outlook, PlaceForecast } from "../scaling/tables/table-forecast.ts";
import type { OptimaSource, TableRuns } from "../scaling/tables/table-runs.ts";
import { formatCount, formatFlops, formatShift } from "./number-format.ts";
import { textTable } from "./text-table.ts";

const optimaText: { readonly [source in OptimaSource]: string } = {
  marked: "lowest losses: the rows marked by --optimal",
  "all rows": "lowest losses: all rows, since no size is named",
  "one size a compute": "lowest losses: all rows, one size at each compute",
  quadratics: "lowest losses: local quadratics over the sizes at each compute",
  none: "lowest losses: not known, no minimum between sizes was run",
};

/** A table's forecast in words. */
export function placeForecastText({
  place,
  level,
  runs,
  seen,
  forecast,
}: {
  readonly place: LawPlace;
  readonly level: number;
  readonly runs: TableRuns;
  readonly seen: Outlook;
  readonly forecast: PlaceForecast;
}): string {
  const { low, high } = forecast.interval(level);
  const { total: _, ...parts } = forecast.spread;
  const shares = Object.entries(parts).map(
    ([name, part]) => `${name} ${(100 * part).toFixed(2)} %`,
  );
  const target = place.n > 0 ? `${place.n.toPrecision(3)} parameters, ` : "";
  return [
    `${target}${formatFlops(place.c)} FLOP, ${forecast.extrapolation.toPrecision(3)} times the largest run: loss ${forecast.loss.toFixed(4)}, ${100 * level} % ${low.toFixed(4)} to ${high.toFixed(4)}`,
    `law: ${seen.chosen.name}; uncertain by ${shares.join(", ")}`,
    optimaText[runs.source],
    "",
  ].join("\n");
}

/** Every law with its backtest and its forecast, the chosen one marked. */
export function judgementTable(seen: Outlook, place: LawPlace): string {
  const right = "right" as const;
  return textTable(
    [
      { title: "law" },
      { title: "forecast", align: right },
      { title: "next level", align: right },
      { title: "a decade", align: right },
      { title: "admitted" },
    ],
    judgementRows(seen, place).map(([name, ...cells]) => [
      name!.startsWith("*") ? name! : `  ${name}`,
      ...cells,
    ]),
  );
}

/** The cells of `judgementTable`. */
export function judgementRows({ judgements, chosen }: Outlook, place: LawPlace): string[][] {
  const number = (value: number) => (Number.isFinite(value) ? formatShift(value) : "");
  return judgements
    .filter(({ law, rejection }) => law !== undefined || rejection === undefined)
    .map((one) => [
      one === chosen ? `* ${one.name}` : one.name,
      one.law?.lossAt(place).toFixed(4) ?? "",
      number(one.bias),
      number(one.drift * Math.LN10).replace("+", ""),
      one.rejection === undefined ? "yes" : `no: ${one.rejection}`,
    ]);
}

/** What follows from a forecast for who pays for the run. */
export interface Decisions {
  readonly bestRun: BestRun | undefined;
  /** What ten times the compute does to the loss of the best size: a share, below 0. */
  readonly tenfoldLoss: number;
  /** Of the proposed size. */
  readonly deadweight: Deadweight | undefined;
  /** Of the target on the given machine. */
  readonly hours: number | undefined;
  readonly price: number | undefined;
}

/** The decisions in words. */
export function decisionsText(
  { bestRun, tenfoldLoss, deadweight, hours, price }: Decisions,
  { level }: { readonly level: number },
): string {
  const lines = [`ten times the compute: loss ${formatShift(tenfoldLoss)}`];
  if (bestRun !== undefined) lines.unshift(bestRunText(bestRun, level));
  if (deadweight !== undefined) {
    lines.push(
      `the proposed size: loss ${formatShift(deadweight.loss)} against the best one, ${(100 * deadweight.compute).toFixed(1)} % of its compute wasted`,
    );
  }
  if (hours !== undefined) {
    const cost = price === undefined ? "" : `, price ${formatCount(price)}`;
    lines.push(`on this machine: ${hours.toPrecision(3)} hours${cost}`);
  }
  return `${lines.join("\n")}\n`;
}

function bestRunText({ law, n, d, interval, within, parabolas }: BestRun, level: number): string {
  const range = (low: number, high: number) => `${formatCount(low)} to ${formatCount(high)}`;
  const parts = [`best size: ${formatCount(n)} parameters, ${formatCount(d)} tokens`];
  if (interval !== undefined) {
    parts.push(`${100 * level} % ${range(interval.low, interval.high)} (${law})`);
  }
  if (within !== undefined)
    parts.push(`within 0.1 % of its loss ${range(within.low, within.high)}`);
  if (parabolas !== undefined) parts.push(`by parabolas ${formatCount(parabolas)}`);
  return parts.join("; ");
}

/** What each choice does to the forecast, the largest effects first. */
export function sensitivityTable(changes: readonly Sensitivity[]): string {
  const right = "right" as const;
  return textTable(
    [
      { title: "made otherwise" },
      { title: "forecast", align: right },
      { title: "loss", align: right },
      { title: "best size", align: right },
    ],
    changes.map(({ change, loss, lossShift, sizeShift }) => [
      change,
      loss.toFixed(4),
      formatShift(lossShift),
      sizeShift === undefined ? "" : formatShift(sizeShift),
    ]),
  );
}

/** What a changed recipe is worth. */
export function multiplierText({ multiplier, interval, runs }: ComputeMultiplier): string {
  const { low, high, level } = interval;
  const times = (factor: number) =>
    Number.isFinite(factor) ? `${factor.toPrecision(3)} times` : "any";
  return `the changed recipe is worth ${times(multiplier)} the compute (${100 * level} % ${low.toPrecision(3)} to ${high.toPrecision(3)}; ${runs.length} runs)\n`;
}
