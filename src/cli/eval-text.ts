import type { GateResult } from "../evaluate/compare/gates.ts";
import type { ScoreSummary } from "../evaluate/summary/score-summary.ts";
import { formatDollars, spendingText } from "./eval-cost-text.ts";
import type { EvaluationOutcome } from "./run-evaluation.ts";
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

/** What a report says that is no mean of samples, such as BLEU of all texts. */
export function reportText(
  report: Readonly<Record<string, unknown>>,
  scores: readonly ScoreSummary[],
): string {
  const shown = new Set(scores.map(({ name }) => name));
  const others = Object.entries(report).flatMap(([name, value]) =>
    typeof value === "number" && !shown.has(name) ? [`${name} ${value.toFixed(4)}`] : [],
  );
  return others.length === 0 ? "" : `of all samples together: ${others.join(", ")}\n`;
}

/** A gate's verdict with its reason. */
export function gateText({ gate, verdict, reason, samplesNeeded }: GateResult): string {
  const needed = samplesNeeded === undefined ? "" : `; some ${samplesNeeded} samples would decide`;
  return `${verdict}: ${gate} (${reason})${needed}\n`;
}

/** What a run came to. */
export function outcomeText(
  { task, samples, epochs, scores, result, cost, log }: EvaluationOutcome,
  maxCost: number | undefined,
): string {
  const { records, isWhole, isOutOfBudget } = result;
  const errors = records.filter(({ error }) => error !== undefined);
  const first = errors[0];
  const what = epochs === 1 ? "samples" : `answers (${samples} samples, ${epochs} epochs)`;
  const stopped = isOutOfBudget
    ? `stopped at --max-cost ${maxCost}: ${formatDollars(cost.spent.cost ?? 0)} are spent, ${records.length} of ${samples * epochs} ${what} reached; the same command with a higher --max-cost and --log ${log} goes on\n`
    : `${records.length} of ${samples * epochs} ${what} reached; the same command with --log ${log} goes on\n`;
  return [
    `${task}\n`,
    scoreTable(scores),
    first === undefined ? "" : `${errors.length} samples failed, the first: ${first.error}\n`,
    isWhole ? "" : stopped,
    spendingText(cost.spent),
    `log: ${log}\n`,
  ].join("");
}
