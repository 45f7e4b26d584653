import type { GateResult } from "../evaluate/compare/gates.ts";
import type { SampleRecord } from "../evaluate/log/sample-record.ts";
import { type AnswerFlaw, countFlaws } from "../evaluate/run/answer-flaws.ts";
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

/** A number in at most six digits behind the point. */
export function valueText(value: number): string {
  return String(Number(value.toFixed(6)));
}

/** What a report says that is no mean of samples, such as BLEU of all texts. */
export function reportText(
  report: Readonly<Record<string, unknown>>,
  scores: readonly ScoreSummary[],
): string {
  const shown = new Set(scores.map(({ name }) => name));
  const others = Object.entries(report).flatMap(([name, value]) =>
    Number.isFinite(value) && !shown.has(name) ? [`${name} ${valueText(value as number)}`] : [],
  );
  return others.length === 0 ? "" : `of all samples together: ${others.join(", ")}\n`;
}

/** A gate's verdict with its reason. */
export function gateText({ gate, verdict, reason, samplesNeeded }: GateResult): string {
  const needed = samplesNeeded === undefined ? "" : `; some ${samplesNeeded} samples would decide`;
  return `${verdict}: ${gate} (${reason})${needed}\n`;
}

/** How many samples have answers that say little about the model, and what to do; empty at none. */
export function flawsText(records: readonly SampleRecord[]): string {
  const advice: { readonly [flaw in AnswerFlaw]: string } = {
    empty: "with an empty answer",
    "cut off": "with an answer cut off (see --max-tokens and --answer-tokens)",
    withheld: "with an answer that the provider's filter withheld",
  };
  const counts = Object.entries(countFlaws(records)) as [AnswerFlaw, number][];
  const parts = counts.map(([flaw, count]) => `${count} ${advice[flaw]}`);
  return parts.length === 0 ? "" : `of the samples ${parts.join(", ")}\n`;
}

function failureText(count: number, { id, error = "" }: SampleRecord): string {
  const head = count === 1 ? "1 sample failed" : `${count} samples failed, the first`;
  return `${head}: ${error.includes(id) ? "" : `${id}: `}${error}\n`;
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
    ? `stopped at --max-cost ${maxCost}: ${formatDollars(cost.spent.cost ?? 0)} are spent, ${records.length} of ${samples * epochs} ${what} reached, and the next call might cost more than the rest (--max-tokens bounds it); the same command with a higher --max-cost and --log ${log} goes on\n`
    : `${records.length} of ${samples * epochs} ${what} reached; the same command with --log ${log} goes on\n`;
  return [
    `${task}\n`,
    scoreTable(scores),
    reportText(result.report, scores),
    flawsText(records),
    first === undefined ? "" : failureText(errors.length, first),
    isWhole ? "" : stopped,
    spendingText(cost.spent),
    `log: ${log}\n`,
  ].join("");
}
