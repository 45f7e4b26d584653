import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LossForecast } from "../scaling/ledger/ledger.ts";
import { wilsonInterval } from "../statistics/intervals.ts";
import { forecastSection, forecastSummary } from "./forecast-section.ts";
import { html, htmlTable, type SafeHtml } from "./html.ts";
import {
  type CaptionedSetData,
  captionSection,
  type PoemData,
  poemSection,
} from "./image-section.ts";
import { type LossLawFigureData, lossLawFigure } from "./loss-law-figure.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLoss,
  formatPercent,
  formatRange,
  formatScientific,
} from "./number-format.ts";
import { htmlPage, htmlSection } from "./page.ts";

/** What the quickstart did, as its report shows it. */
export interface QuickstartReportData {
  readonly title: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The command that made it. */
  readonly command: string;
  readonly codeVersion: string;
  readonly machine: string;
  readonly data: {
    readonly name: string;
    readonly hash: string;
    readonly sources: readonly ReportSource[];
  };
  readonly ladder: readonly ReportRun[];
  /** The law of each loss, that of the total first. */
  readonly figures: readonly LossLawFigureData[];
  /** One for each target run, sealed and perhaps scored. */
  readonly forecasts: readonly LossForecast[];
  readonly completions: readonly { readonly prompt: string; readonly text: string }[];
  readonly tasks: readonly {
    readonly name: string;
    readonly correct: number;
    readonly total: number;
  }[];
  /** Of images that training has not seen. */
  readonly captions: readonly CaptionedSetData[];
  /** Empty where the data asks for none. */
  readonly poems: readonly PoemData[];
  /** What lies where. */
  readonly places: readonly { readonly what: string; readonly path: string }[];
}

/** One source of the data set. */
export interface ReportSource {
  readonly name: string;
  /** The loss that it belongs to, such as `text` or `code`. */
  readonly loss: string;
  readonly licence: string;
  readonly origin: string;
  readonly documents: number;
  readonly bytes: number;
  readonly trainTokens: number;
  readonly heldoutTokens: number;
}

/** One run of the ladder. */
export interface ReportRun {
  readonly id: string;
  readonly depth: number;
  readonly parameters: number;
  readonly tokens: number;
  readonly flops: number;
  readonly lossNats: number;
  /** Over the held-out documents; undefined when it was not measured. */
  readonly standardError: number | undefined;
  readonly seed: number;
  readonly seconds: number;
}

/**
 * Writes `report.html`, self-contained, and beside it the figure of each loss as
 * `loss-law-LOSS.svg` with its specification `loss-law-LOSS.vl.json`.
 *
 * @param folder - an existing folder
 * @returns the path of the report
 */
export async function writeQuickstartReport(
  folder: string,
  data: QuickstartReportData,
): Promise<string> {
  const drawings: string[] = [];
  for (const figureData of data.figures) {
    const { svg, spec } = await lossLawFigure(figureData);
    const base = join(folder, `loss-law-${figureData.lossName}`);
    await writeFile(`${base}.svg`, svg);
    await writeFile(`${base}.vl.json`, `${JSON.stringify(spec, null, 2)}\n`);
    drawings.push(svg);
  }
  const report = join(folder, "report.html");
  await writeFile(report, quickstartReport(data, drawings));
  return report;
}

/**
 * The report as one HTML page without external resources.
 *
 * @param drawings - SVG of each figure, in their order
 */
export function quickstartReport(data: QuickstartReportData, drawings: readonly string[]): string {
  const captions = data.captions.length === 0 ? undefined : captionSection(data.captions);
  const poems = data.poems.length === 0 ? undefined : poemSection(data.poems);
  const body = html`${forecastSummary(data.forecasts)}
${forecastSection(data.forecasts, data.figures, drawings)}
${ladderSection(data.ladder)}
${dataSection(data.data)}
${taskSection(data.tasks)}
${completionSection(data.completions)}
${captions}
${poems}
${reproduceSection(data)}`;
  return htmlPage(data.title, `${data.createdAt.slice(0, 10)}, ${data.machine}`, body);
}

const isNumber = true;

function ladderSection(runs: readonly ReportRun[]): SafeHtml {
  const headings = [
    "Depth",
    "Parameters",
    "Tokens",
    "Compute (FLOP)",
    "Loss",
    "± s.e.",
    "Seed",
    "Time",
  ];
  const table = htmlTable(
    "Runs that the law was fitted to (loss in nats per token, standard error over held-out documents)",
    [{ heading: "Run" }, ...headings.map((heading) => ({ heading, isNumber }))],
    runs.map((run) => [
      html`<code>${run.id}</code>`,
      run.depth,
      formatCount(run.parameters),
      formatCount(run.tokens),
      formatScientific(run.flops, 3),
      formatLoss(run.lossNats),
      run.standardError === undefined ? "" : formatLoss(run.standardError),
      run.seed,
      formatDuration(run.seconds),
    ]),
  );
  return htmlSection("ladder", "The ladder", table);
}

function dataSection({ name, hash, sources }: QuickstartReportData["data"]): SafeHtml {
  const total = sources.reduce((sum, { trainTokens }) => sum + trainTokens, 0);
  const table = htmlTable(
    `Sources of the data set ${name}`,
    [
      { heading: "Source" },
      { heading: "Loss" },
      { heading: "Documents", isNumber },
      { heading: "Bytes", isNumber },
      { heading: "Train tokens", isNumber },
      { heading: "Share of tokens", isNumber },
      { heading: "Held-out tokens", isNumber },
      { heading: "Licence" },
      { heading: "Origin" },
    ],
    sources.map((source) => [
      source.name,
      source.loss,
      formatCount(source.documents),
      formatBytes(source.bytes),
      formatCount(source.trainTokens),
      formatPercent(total === 0 ? 0 : source.trainTokens / total),
      formatCount(source.heldoutTokens),
      source.licence,
      source.origin,
    ]),
  );
  return htmlSection("data", "The data", html`${table}<p>Data set hash: <code>${hash}</code></p>`);
}

function taskSection(tasks: QuickstartReportData["tasks"]): SafeHtml {
  const table = htmlTable(
    "Accuracy of the target run on questions that are not in its training data (Wilson intervals)",
    [
      { heading: "Task" },
      { heading: "Correct", isNumber },
      { heading: "Questions", isNumber },
      { heading: "Accuracy", isNumber },
      { heading: "95 % interval", isNumber },
    ],
    tasks.map(({ name, correct, total }) => {
      const { low, high } = wilsonInterval(correct, total);
      return [
        name,
        correct,
        total,
        formatPercent(correct / total),
        formatRange(low, high, (rate) => formatPercent(rate)),
      ];
    }),
  );
  return htmlSection("tasks", "Capability on the primer's tasks", table);
}

function completionSection(completions: QuickstartReportData["completions"]): SafeHtml {
  const items = completions.map(
    ({ prompt, text }) => html`<blockquote class="completion"><b>${prompt}</b>${text}</blockquote>`,
  );
  const note = html`<p>The prompt is bold, what the model added is not.</p>`;
  return htmlSection("completions", "What the model writes", [note, ...items]);
}

function reproduceSection(data: QuickstartReportData): SafeHtml {
  const places = htmlTable(
    "Where everything lies",
    [{ heading: "What" }, { heading: "Path" }],
    data.places.map(({ what, path }) => [what, html`<code>${path}</code>`]),
  );
  const year = data.createdAt.slice(0, 4);
  return htmlSection(
    "reproduce",
    "Reproduce and cite",
    html`<p>Made by <code>${data.command}</code> with Foretoken ${data.codeVersion} on ${data.machine}, ${data.createdAt}. The same command, version and machine make the same models.</p>
<p>To cite: “${data.title}”, made with Foretoken ${data.codeVersion}, ${year}, data set ${data.data.hash.slice(0, 12)}.</p>
<p>To check that no forecast was changed after it was sealed: <code>foretoken scaling verify</code>.</p>
${places}`,
  );
}
