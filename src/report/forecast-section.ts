import type { LossForecast } from "../scaling/ledger/ledger.ts";
import { lossOf } from "../scaling/ledger/sealed-forecast.ts";
import { describeLaw } from "../scaling/loss-law.ts";
import type { Interval } from "../statistics/intervals.ts";
import { labelledSvg } from "./figure.ts";
import { type HtmlPart, html, htmlTable, type SafeHtml, trustedHtml } from "./html.ts";
import type { LossLawFigureData } from "./loss-law-figure.ts";
import {
  formatCount,
  formatLoss,
  formatPercent,
  formatRange,
  formatScientific,
} from "./number-format.ts";
import { htmlSection } from "./page.ts";

const isNumber = true;

/** One sentence for each forecast: what was promised and what came. */
export function forecastSummary(forecasts: readonly LossForecast[]): SafeHtml {
  const items = forecasts.map(({ sealed, score }) => {
    const [, interval] = sealed.intervals as [Interval, Interval];
    const promise = html`Forecast of the ${lossOf(sealed.target)} loss: ${formatLoss(sealed.lossNats)} nats per token (95&nbsp;% interval ${lossRange(interval)}), sealed before the first step, at ${formatCount(sealed.extrapolation)} times the compute of the largest ladder run.`;
    if (score === undefined) return html`<li>${promise} The run is not scored yet.</li>`;
    const verdict = score.isInside95 ? "inside" : "outside: a miss";
    return html`<li>${promise} Actual <strong>${formatLoss(score.actual)}</strong>: the forecast was off by <strong>${formatPercent(score.relativeError, { digits: 2, isSigned: true })}</strong>, the actual is ${verdict}.</li>`;
  });
  return html`<ul class="summary">${items}</ul>`;
}

const lossRange = ({ low, high }: Interval): string => formatRange(low, high, formatLoss);

/**
 * The loss-law figures with the tables behind them: forecasts, seals, laws considered, the curves.
 *
 * @param figures - that of the total first
 * @param drawings - SVG of each
 */
export function forecastSection(
  forecasts: readonly LossForecast[],
  figures: readonly LossLawFigureData[],
  drawings: readonly string[],
): SafeHtml {
  const rows = forecasts.map(({ sealed, score }) => [
    lossOf(sealed.target),
    sealed.target.id,
    formatScientific(sealed.target.flops, 3),
    `${formatCount(sealed.extrapolation)}\u00a0×`,
    formatLoss(sealed.lossNats),
    ...sealed.intervals.map(lossRange),
    score === undefined ? "not yet" : formatLoss(score.actual),
    score === undefined ? "" : formatPercent(score.relativeError, { digits: 2, isSigned: true }),
    score === undefined ? "" : coverage(score),
  ]);
  const columns = [
    "Extrapolation",
    "Forecast",
    "80 % interval",
    "95 % interval",
    "Actual",
    "Error",
  ];
  const table = htmlTable(
    "Sealed forecasts and what came (loss in nats per token)",
    [
      { heading: "Loss" },
      { heading: "Target run" },
      { heading: "Compute (FLOP)", isNumber },
      ...columns.map((heading) => ({ heading, isNumber })),
      { heading: "Inside" },
    ],
    rows,
  );
  return htmlSection(
    "forecast",
    "Forecast and actual loss",
    html`${figures.map((figure, i) => figureBlock(figure, drawings[i]!))}
${table}
${sealTable(forecasts)}
${candidateTable(forecasts[0])}
${figures.map(bandTable)}`,
  );
}

function figureBlock({ lossName }: LossLawFigureData, svg: string): SafeHtml {
  const label = `${lossName} loss against training compute: ladder runs, fitted law with bands, sealed forecast and actual loss`;
  return html`<figure>
${trustedHtml(labelledSvg(svg, label))}
<figcaption>The ${lossName} loss of the ladder's runs, the fitted law (dashed) with its 80 and 95&nbsp;% bands for one run, the forecast as it was sealed with its 95&nbsp;% interval, and the actual loss.</figcaption>
</figure>`;
}

function coverage(score: { readonly isInside80: boolean; readonly isInside95: boolean }): string {
  if (score.isInside80) return "80 % and 95 %";
  return score.isInside95 ? "95 % only" : "neither (miss)";
}

function sealTable(forecasts: readonly LossForecast[]): SafeHtml {
  return htmlTable(
    "Seals in the ledger",
    [
      { heading: "Loss" },
      { heading: "Target run" },
      ...["Sealed at", "Code", "Hash"].map((heading) => ({ heading })),
    ],
    forecasts.map(({ entry, sealed }) => [
      lossOf(sealed.target),
      sealed.target.id,
      entry.time,
      sealed.codeVersion,
      html`<code>${entry.hash}</code>`,
    ]),
  );
}

function candidateTable(forecast: LossForecast | undefined): HtmlPart {
  if (forecast === undefined) return undefined;
  const { candidates, chosen, rule } = forecast.sealed;
  return htmlTable(
    `The laws that were considered; one is chosen by its backtest inside the ladder, by the rule ${rule}`,
    [
      { heading: "Variant" },
      { heading: "Law" },
      { heading: "One-rung bias", isNumber },
      { heading: "Admitted" },
      { heading: "Forecast", isNumber },
    ],
    candidates.map(({ name, law, oneRungBias, isAdmitted, lossNats }) => [
      name === chosen ? html`<strong>${name} (chosen)</strong>` : name,
      describeLaw(law),
      formatPercent(oneRungBias, { digits: 2, isSigned: true }),
      isAdmitted ? "yes" : "no",
      formatLoss(lossNats),
    ]),
  );
}

function bandTable({ lossName, band }: LossLawFigureData): SafeHtml {
  const step = Math.max(1, Math.floor((band.length - 1) / 9));
  const shown = band.filter((_, index) => index % step === 0 || index === band.length - 1);
  const table = htmlTable(
    `The law of the ${lossName} loss and its bands, as drawn`,
    [
      { heading: "Compute (FLOP)", isNumber },
      { heading: "Loss", isNumber },
      { heading: "80 % interval", isNumber },
      { heading: "95 % interval", isNumber },
    ],
    shown.map(({ flops, lossNats, interval80, interval95 }) => [
      formatScientific(flops, 3),
      formatLoss(lossNats),
      lossRange(interval80),
      lossRange(interval95),
    ]),
  );
  return html`<details><summary>The curve of the ${lossName} loss as a table</summary>${table}</details>`;
}
