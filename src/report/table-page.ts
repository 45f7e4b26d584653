import { type Figure, labelledSvg } from "./figure.ts";
import { html, htmlTable, type SafeHtml, trustedHtml } from "./html.ts";
import { htmlPage, htmlSection } from "./page.ts";

/** A forecast of a table of runs as its page shows it. */
export interface TablePageData {
  /** Lines that answer the question. */
  readonly summary: string;
  readonly forecast: Figure;
  /** Absent where no sizes were run at a compute. */
  readonly isoFlop: Figure | undefined;
  readonly tornado: Figure | undefined;
  /** Every law: its cells, the numbers in the middle. */
  readonly laws: readonly (readonly string[])[];
  readonly decisions: string;
  readonly command: string;
  readonly codeVersion: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The page of a table's forecast, without external resources. */
export function tablePage(data: TablePageData): string {
  const { isoFlop, tornado } = data;
  const body = html`<p class="summary verses">${data.summary}</p>
${shown(data.forecast, "Loss against training compute: runs, lowest losses, the law with its interval, the forecast.")}
${htmlSection("laws", "Laws", lawTable(data.laws))}
${htmlSection("decisions", "Decisions", html`<pre class="completion terminal">${data.decisions}</pre>`)}
${isoFlop && htmlSection("sizes", "Sizes at each compute", shown(isoFlop, "Loss against parameters, one line a compute; diamonds are the minima of local parabolas."))}
${tornado && htmlSection("sensitivity", "Sensitivity", shown(tornado, "How far the forecast moves when one choice is made otherwise."))}
${htmlSection("reproduce", "Reproduce", html`<p>Made by <code>${data.command}</code> with Foretoken ${data.codeVersion}.</p>`)}`;
  return htmlPage("Forecast of a table of runs", data.createdAt.slice(0, 10), body);
}

function lawTable(laws: TablePageData["laws"]): SafeHtml {
  const columns = [
    { heading: "Law" },
    { heading: "Forecast", isNumber: true },
    { heading: "Bias, next compute", isNumber: true },
    { heading: "Error a decade", isNumber: true },
    { heading: "Admitted" },
  ];
  const caption =
    "Each was tested on forecasts of the next compute from smaller ones alone; * is the one chosen.";
  return htmlTable(caption, columns, laws);
}

function shown({ svg }: Figure, caption: string): SafeHtml {
  return html`<figure>${trustedHtml(labelledSvg(svg, caption))}<figcaption>${caption}</figcaption></figure>`;
}
