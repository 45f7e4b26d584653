import { type Coverage, coverageFigure } from "./coverage-figure.ts";
import { labelledSvg } from "./figure.ts";
import { html, htmlTable, trustedHtml } from "./html.ts";
import { htmlPage, htmlSection } from "./page.ts";

/** A table's forecasts of itself as their page shows them. */
export interface BacktestPageData {
  /** What came of all together, in words. */
  readonly summary: string;
  readonly coverage: readonly Coverage[];
  /** By target: which, law, extrapolation, forecast, loss, error, whether it was inside. */
  readonly rows: readonly (readonly string[])[];
  readonly codeVersion: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The page of a backtest, without external resources. */
export async function backtestPage(data: BacktestPageData): Promise<string> {
  const { svg } = await coverageFigure(data.coverage);
  const caption =
    "How many later losses lay inside the intervals of the forecasts from the smaller runs. On the dashed line intervals hold what they say; forecasts of one run from several computes are not independent, so that the bars are the shortest that can be said.";
  const columns = [
    { heading: "Target" },
    { heading: "Law" },
    ...["Times the largest seen", "Forecast", "Loss", "Error"].map((heading) => {
      return { heading, isNumber: true };
    }),
    { heading: "Inside" },
  ];
  const table = htmlTable("Each loss from each part of the table below it.", columns, data.rows);
  const body = html`<p class="summary verses">${data.summary}</p>
<figure>${trustedHtml(labelledSvg(svg, caption))}<figcaption>${caption}</figcaption></figure>
${htmlSection("targets", "Every forecast", table)}
<p>Made with Foretoken ${data.codeVersion}.</p>`;
  return htmlPage("Backtest of a table of runs", data.createdAt.slice(0, 10), body);
}
