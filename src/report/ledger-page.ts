import type { TopLevelSpec } from "vega-lite";
import type { LedgerForecast } from "../scaling/ledger/ledger.ts";
import {
  type ForecastScore,
  predictedOf,
  type SealedForecast,
  subjectOf,
} from "../scaling/ledger/sealed-forecast.ts";
import { type Coverage, coverageFigure } from "./coverage-figure.ts";
import { type Figure, figureConfig, labelledSvg, palette, renderSvg } from "./figure.ts";
import { html, htmlTable, type SafeHtml, trustedHtml } from "./html.ts";
import { formatPercent } from "./number-format.ts";
import { htmlPage, htmlSection } from "./page.ts";

/** A ledger as its page shows it. */
export interface LedgerPageData {
  readonly forecasts: readonly LedgerForecast[];
  /** What the forecasts did together, in words. */
  readonly summary: string;
  /** Hash of the last entry. */
  readonly headHash: string;
  readonly codeVersion: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The page of all forecasts that were ever sealed, misses included. */
export async function ledgerPage(data: LedgerPageData): Promise<string> {
  const scored = data.forecasts.filter(({ score }) => score !== undefined);
  const figure = scored.length > 0 ? await ledgerFigure(scored) : undefined;
  const coverage = scored.length > 0 ? await coverageFigure(coverageOf(scored)) : undefined;
  const held =
    "How many forecasts lay inside their intervals; on the dashed line intervals hold what they say.";
  const caption =
    "Each scored forecast over what came: the point is its error, the bar its 95 % interval; a bar that does not reach zero is a miss.";
  const body = html`<p class="summary verses">${data.summary}</p>
${figure && html`<figure>${trustedHtml(labelledSvg(figure.svg, caption))}<figcaption>${caption}</figcaption></figure>`}
${coverage && html`<figure>${trustedHtml(labelledSvg(coverage.svg, held))}<figcaption>${held}</figcaption></figure>`}
${htmlSection("forecasts", "Every forecast", forecastTable(data.forecasts))}
${htmlSection(
  "verify",
  "Verify",
  html`<p>The last entry's hash is <code>${data.headHash}</code>. Keep it elsewhere: <code>foretoken scaling verify --hash ${data.headHash}</code> finds any later change. Made with Foretoken ${data.codeVersion}.</p>`,
)}`;
  return htmlPage("Forecasts and what came", data.createdAt.slice(0, 10), body);
}

/** How many forecasts their intervals held. */
function coverageOf(scored: readonly LedgerForecast[]): Coverage[] {
  const counted = (level: number, isInside: (score: ForecastScore) => boolean) => ({
    ...{ name: "sealed forecasts", level, of: scored.length },
    inside: scored.filter(({ score }) => isInside(score!)).length,
  });
  return [
    counted(0.8, ({ isInside80 }) => isInside80),
    counted(0.95, ({ isInside95 }) => isInside95),
  ];
}

/** Errors of forecasts with their 95 % intervals, in the order of their seals. */
export async function ledgerFigure(scored: readonly LedgerForecast[]): Promise<Figure> {
  const values = scored.map(({ entry, sealed, score }) => {
    const { low, high } = sealed.intervals.find(({ level }) => level === 0.95)!;
    const { actual, relativeError, isInside95 } = score!;
    return {
      name: `${entry.index} ${subjectOf(sealed.target)}`,
      error: relativeError,
      low: low / actual - 1,
      high: high / actual - 1,
      kind: isInside95 ? "inside" : "miss",
    };
  });
  const axis = { title: "Forecast over what came, less 1", format: "+.0%" };
  const y = {
    field: "name",
    type: "nominal" as const,
    sort: values.map(({ name }) => name),
    axis: { title: null, labelLimit: 300, ticks: false, domain: false },
  };
  const colour = { domain: ["inside", "miss"], range: [palette.blue, palette.vermillion] };
  const legend = { title: null, orient: "bottom" } as const;
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: "Errors of sealed forecasts",
    ...{ width: 460, height: { step: 20 }, config: figureConfig, data: { values } },
    layer: [
      {
        data: { values: [{}] },
        mark: { type: "rule", color: palette.ink },
        encoding: { x: { datum: 0 } },
      },
      {
        mark: { type: "errorbar", ticks: { size: 7 }, thickness: 1.4 },
        encoding: {
          y,
          x: { field: "low", type: "quantitative", axis },
          x2: { field: "high" },
          color: { field: "kind", scale: colour, legend },
        },
      },
      {
        mark: { type: "point", filled: true, size: 50, opacity: 1 },
        encoding: {
          y,
          x: { field: "error", type: "quantitative", axis },
          color: { field: "kind", scale: colour, legend },
        },
      },
    ],
  };
  return { spec, svg: await renderSvg(spec) };
}

function forecastTable(forecasts: readonly LedgerForecast[]): SafeHtml {
  const columns = [
    ...["Entry", "Sealed", "Run", "Of"].map((heading) => ({ heading })),
    ...["Times the ladder", "Forecast", "Actual", "Error", "z", "CRPS"].map((heading) => {
      return { heading, isNumber: true };
    }),
    { heading: "Inside" },
  ];
  const rows = forecasts.map(({ entry, sealed, score, remarks }) => [
    String(entry.index),
    entry.time.slice(0, 16).replace("T", " "),
    sealed.target.id,
    [subjectOf(sealed.target), ...notes(sealed, remarks)].join("; "),
    sealed.extrapolation.toPrecision(3),
    predictedOf(sealed).toFixed(4),
    ...(score === undefined ? ["", "not yet", "", "", ""] : scoreCells(score)),
  ]);
  return htmlTable("In the order of their seals.", columns, rows);
}

/** What was added to a forecast. */
function notes({ amends }: SealedForecast, remarks: readonly string[]): string[] {
  return [...(amends === undefined ? [] : [`beside an earlier one: ${amends.why}`]), ...remarks];
}

function scoreCells({ actual, relativeError, z, crps, isInside80, isInside95 }: ForecastScore) {
  const inside = isInside80 ? "80 %" : isInside95 ? "95 %" : "miss";
  return [
    actual.toFixed(4),
    formatPercent(relativeError, { digits: 2, isSigned: true }),
    z.toFixed(2),
    crps.toFixed(4),
    inside,
  ];
}
