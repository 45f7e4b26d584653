import { signedText } from "../evaluate/compare/signed-text.ts";
import type { WatchEntry } from "../evaluate/watch/watch-entry.ts";
import type { WatchHistory } from "../evaluate/watch/watch-history.ts";
import type { Interval } from "../statistics/intervals.ts";
import { formatDollars } from "./eval-cost-text.ts";
import { gateText } from "./eval-text.ts";
import { textTable } from "./text-table.ts";

const right = "right" as const;
const columns = [
  { title: "evaluation" },
  { title: "score" },
  ...["n", "mean", "95 %", "change", "errors", "median", "p95", "cost"].map((title) => ({
    title,
    align: right,
  })),
  { title: "verdict" },
];

/** A round as a table, with the change of each score against the round before, and what is wrong. */
export function roundTable(entries: readonly WatchEntry[], history: WatchHistory): string {
  const [first] = entries;
  if (first === undefined) return "";
  const rows = entries.map((entry) => rowOf(entry, history.before(entry)));
  const remarks = entries.flatMap(({ name, firstError, gates, baseline }) => [
    ...(firstError === null ? [] : [`${name}: ${firstError}\n`]),
    ...gates
      .filter(({ verdict }) => verdict !== "PASS")
      .map((gate) => `${name}: ${gateText(gate)}`),
    ...(baseline !== null && gates.some(({ gate, verdict }) => isLoss(gate, verdict))
      ? [`${name}: compared with round ${baseline}\n`]
      : []),
  ]);
  return `round ${first.round}\n${textTable(columns, rows)}${remarks.join("")}`;
}

function isLoss(gate: string, verdict: string): boolean {
  return gate.includes("no regression") && verdict !== "PASS";
}

/** The first score of an entry, the one that counts. */
function rowOf(entry: WatchEntry, before: WatchEntry | undefined): string[] {
  const { name, scores, errors, latency, cost, verdict } = entry;
  const [score] = scores;
  const earlier = before?.scores.find((one) => one.name === score?.name);
  const change = score === undefined || earlier === undefined ? null : score.mean - earlier.mean;
  return [
    ...[name, score?.name ?? "", score === undefined ? "" : String(score.n)],
    ...(score === undefined ? ["", ""] : [score.mean.toFixed(4), intervalText(score.interval)]),
    change === null ? "" : signedText(change),
    String(errors),
    ...(latency === null ? ["", ""] : [latency.medianMs, latency.p95Ms].map(milliseconds)),
    ...[cost === null ? "" : formatDollars(cost), verdict],
  ];
}

function intervalText({ low, high }: Interval): string {
  if (Number.isNaN(low)) return "";
  return `${low.toFixed(4)} to ${high.toFixed(4)}`;
}

function milliseconds(value: number): string {
  return `${Math.round(value)} ms`;
}
