import type { TopLevelSpec } from "vega-lite";
import type { WatchEntry } from "../evaluate/watch/watch-entry.ts";
import { type Figure, figureConfig, labelledSvg, palette, renderSvg } from "./figure.ts";
import { html, htmlTable, type SafeHtml, trustedHtml } from "./html.ts";
import { htmlPage, htmlSection } from "./page.ts";

/** The page of a suite's history: for each evaluation its first score over time, and every round. */
export async function watchPage(
  entries: readonly WatchEntry[],
  createdAt: string,
): Promise<string> {
  const names = [...new Set(entries.map(({ name }) => name))];
  const sections: SafeHtml[] = [];
  for (const [i, name] of names.entries()) {
    const own = entries.filter((entry) => entry.name === name);
    const scored = own.filter(({ scores }) => (scores[0]?.n ?? 0) > 0);
    const figure = scored.length > 0 ? await scoreFigure(scored) : undefined;
    const caption = `${name}: ${scored[0]?.scores[0]?.name ?? "no score"} of each round with its 95 % interval.`;
    const content = html`${figure && html`<figure>${trustedHtml(labelledSvg(figure.svg, caption))}<figcaption>${caption}</figcaption></figure>`}
${roundTable(own)}`;
    sections.push(htmlSection(`evaluation-${i + 1}`, name, content));
  }
  return htmlPage("Evaluations over time", createdAt.slice(0, 10), html`${sections}`);
}

/** The first score of each round over time. */
async function scoreFigure(entries: readonly WatchEntry[]): Promise<Figure> {
  const values = entries.map(({ time, scores, verdict }) => {
    const { mean, interval } = scores[0]!;
    const kind = verdict === "PASS" || verdict === "INCONCLUSIVE" ? "held" : "failed";
    return { time, mean, low: interval.low, high: interval.high, kind };
  });
  const x = { field: "time", type: "temporal" as const, axis: { title: null, tickCount: 6 } };
  const scale = { zero: false, nice: true };
  const y = { type: "quantitative" as const, scale, axis: { title: entries[0]!.scores[0]!.name } };
  const range = { domain: ["held", "failed"], range: [palette.blue, palette.vermillion] };
  const color = { field: "kind", type: "nominal" as const, scale: range, legend: null };
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: "A score over time",
    ...{ width: 560, height: 220, config: figureConfig, data: { values } },
    layer: [
      { mark: { type: "line", color: palette.grey }, encoding: { x, y: { ...y, field: "mean" } } },
      {
        mark: { type: "rule", strokeWidth: 1.4 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      {
        mark: { type: "point", filled: true, size: 50, opacity: 1 },
        encoding: { x, y: { ...y, field: "mean" }, color },
      },
    ],
  };
  return { spec, svg: await renderSvg(spec) };
}

function roundTable(entries: readonly WatchEntry[]): SafeHtml {
  const columns = [
    { heading: "Round" },
    ...["n", "Mean", "95 %", "Errors", "Median ms", "95 % of calls ms", "USD"].map((heading) => ({
      heading,
      isNumber: true,
    })),
    { heading: "Verdict" },
  ];
  const rows = entries.map(({ round, scores, errors, latency, cost, verdict, firstError }) => {
    const [score] = scores;
    const { low, high } = score?.interval ?? { low: Number.NaN, high: Number.NaN };
    return [
      ...[round, score?.n ?? "", score?.mean.toFixed(4) ?? ""],
      Number.isNaN(low) ? "" : `${low.toFixed(4)} to ${high.toFixed(4)}`,
      errors,
      ...[latency?.medianMs, latency?.p95Ms].map((ms) => (ms === undefined ? "" : Math.round(ms))),
      cost === null ? "" : cost.toFixed(4),
      firstError === null ? verdict : `${verdict}: ${firstError}`,
    ];
  });
  return htmlTable("In the order of the rounds.", columns, rows);
}
