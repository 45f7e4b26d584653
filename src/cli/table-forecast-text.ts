import type { LawPlace } from "../scaling/laws/law-form.ts";
import type { Outlook, PlaceForecast } from "../scaling/tables/table-forecast.ts";
import type { OptimaSource, TableRuns } from "../scaling/tables/table-runs.ts";
import { formatFlops } from "./number-format.ts";
import { textTable } from "./text-table.ts";

const optimaText: { readonly [source in OptimaSource]: string } = {
  marked: "lowest losses: the rows marked by --optimal",
  "all rows": "lowest losses: all rows, since no size is named",
  "one size a compute": "lowest losses: all rows, one size at each compute",
  quadratics: "lowest losses: local quadratics over the sizes at each compute",
  none: "lowest losses: not known, no minimum between sizes was run",
};

/** A signed share in per cent. */
export const percent = (share: number): string =>
  `${share >= 0 ? "+" : ""}${(100 * share).toFixed(2)} %`;

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
export function judgementTable({ judgements, chosen }: Outlook, place: LawPlace): string {
  const right = "right" as const;
  const number = (value: number) => (Number.isFinite(value) ? percent(value) : "");
  return textTable(
    [
      { title: "law" },
      { title: "forecast", align: right },
      { title: "next level", align: right },
      { title: "a decade", align: right },
      { title: "admitted" },
    ],
    judgements
      .filter(({ law, rejection }) => law !== undefined || rejection === undefined)
      .map((one) => [
        `${one === chosen ? "*" : " "} ${one.name}`,
        one.law?.lossAt(place).toFixed(4) ?? "",
        number(one.bias),
        number(one.drift * Math.LN10).replace("+", ""),
        one.rejection === undefined ? "yes" : `no: ${one.rejection}`,
      ]),
  );
}
