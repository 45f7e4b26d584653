import type { ForecastStudy } from "../scaling/forecast.ts";
import type { LedgerForecast } from "../scaling/ledger/ledger.ts";
import { type ForecastScore, predictedOf, subjectOf } from "../scaling/ledger/sealed-forecast.ts";
import { formatFlops, formatShift } from "./number-format.ts";
import { textTable } from "./text-table.ts";

/** A forecast with every law that was considered. */
export function forecastText({ forecast }: ForecastStudy): string {
  const [eighty, ninetyFive] = forecast.intervals;
  const right = "right" as const;
  const columns = [
    { title: "law" },
    { title: "forecast (nats)", align: right },
    { title: "one-rung bias", align: right },
    { title: "admitted" },
  ];
  const rows = forecast.candidates.map((one) => [
    one === forecast.chosen ? `* ${one.name}` : `  ${one.name}`,
    one.lossNats.toFixed(4),
    formatShift(one.backtest.oneRungBias),
    one.isAdmitted ? "yes" : "no",
  ]);
  return [
    `forecast at ${formatFlops(forecast.targetFlops)} FLOPs, ${forecast.extrapolation.toFixed(1)} times the largest rung:\n`,
    `  ${forecast.lossNats.toFixed(4)} nats per token; 80 % ${range(eighty)}, 95 % ${range(ninetyFive)}\n`,
    textTable(columns, rows),
  ].join("");
}

/** One line about a sealed forecast. */
export function sealedText({ entry, sealed }: LedgerForecast): string {
  const amends = sealed.amends === undefined ? "" : `, beside an earlier one: ${sealed.amends.why}`;
  return `sealed as entry ${entry.index} at ${entry.time}: run ${sealed.target.id}, ${subjectOf(sealed.target)} ${predictedOf(sealed).toFixed(4)}, hash ${entry.hash}${amends}\n`;
}

/** What came of a forecast; a miss is called one. */
export function scoreText(
  { sealed }: Pick<LedgerForecast, "sealed">,
  score: ForecastScore,
): string {
  const verdict = score.isInside80
    ? "inside the 80 % interval"
    : score.isInside95
      ? "outside the 80 %, inside the 95 % interval"
      : "MISS: outside the 95 % interval";
  return `${subjectOf(sealed.target)}: forecast ${predictedOf(sealed).toFixed(4)}, actual ${score.actual.toFixed(4)}: error ${formatShift(score.relativeError)}, ${verdict} (z ${score.z.toFixed(2)})\n`;
}

function range({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${low.toFixed(4)} to ${high.toFixed(4)}`;
}
