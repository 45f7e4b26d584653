import type { ScoreSummary } from "../evaluate/run/score-summary.ts";
import { textTable } from "./text-table.ts";

/** Scores with their intervals. */
export function scoreTable(scores: readonly ScoreSummary[]): string {
  const right = "right" as const;
  const isClustered = scores.some(({ clusters }) => clusters !== undefined);
  const columns = [
    { title: "score" },
    { title: "n", align: right },
    ...(isClustered ? [{ title: "clusters", align: right }] : []),
    { title: "mean", align: right },
    { title: "95 %", align: right },
    { title: "unscored", align: right },
  ];
  const rows = scores.map(({ name, n, clusters, mean, interval: { low, high }, unscored }) => [
    ...[name, String(n), ...(isClustered ? [String(clusters ?? "")] : [])],
    Number.isNaN(mean) ? "" : mean.toFixed(4),
    ...[Number.isNaN(low) ? "" : `${low.toFixed(4)} to ${high.toFixed(4)}`, String(unscored)],
  ]);
  return rows.length === 0 ? "" : textTable(columns, rows);
}
