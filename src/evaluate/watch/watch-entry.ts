import { quantile } from "../../statistics/quantile.ts";
import { type GateResult, gateExitCode } from "../compare/gates.ts";
import type { ModelUsage } from "../cost/cost-meter.ts";
import type { EvalLog } from "../log/eval-log.ts";
import type { ScoreSummary } from "../summary/score-summary.ts";

/** What an evaluation of a round came to: a line of the history. */
export interface WatchEntry {
  /** The round's name, which is the time at which it began. */
  readonly round: string;
  /** ISO 8601, at the end of the evaluation. */
  readonly time: string;
  /** The evaluation's name in the suite. */
  readonly name: string;
  readonly task: string;
  readonly models: readonly string[];
  readonly samples: number;
  /** Samples that were evaluated or failed, each as often as it was asked. */
  readonly reached: number;
  /** Of those that were reached. */
  readonly errors: number;
  readonly firstError: string | null;
  readonly scores: readonly ScoreSummary[];
  readonly usage: readonly ModelUsage[];
  /** USD; null where a price is not known. */
  readonly cost: number | null;
  readonly latency: Latency | null;
  /** Verdicts of gates, and on a regression against the baseline. */
  readonly gates: readonly GateResult[];
  /** The round of the baseline; null: none was there to compare with. */
  readonly baseline: string | null;
  readonly verdict: WatchVerdict;
  /** Of its log, within the history's folder; null when it has none. */
  readonly log: string | null;
}

/** ERROR: nothing could be evaluated. UNFINISHED: the round was broken off. */
export type WatchVerdict = GateResult["verdict"] | "ERROR" | "UNFINISHED";

/** Milliseconds of calls that were answered. */
export interface Latency {
  readonly calls: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** How long the answers of a log took; null when there are none. */
export function latencyOf({ records }: EvalLog): Latency | null {
  const times = records
    .flatMap(({ calls }) => calls)
    .filter(({ isCached }) => !isCached)
    .map(({ milliseconds }) => milliseconds)
    .sort((a, b) => a - b);
  if (times.length === 0) return null;
  return { calls: times.length, medianMs: quantile(times, 0.5), p95Ms: quantile(times, 0.95) };
}

/** The verdict of an evaluation that was run. */
export function verdictOf(outcome: {
  /** Samples, each as often as it is asked. */
  readonly asked: number;
  readonly errors: number;
  /** Failed ones that are too many; undefined: all. */
  readonly mostErrors: number | undefined;
  readonly isWhole: boolean;
  readonly gates: readonly GateResult[];
}): WatchVerdict {
  const { asked, errors, mostErrors = asked } = outcome;
  if (errors > 0 && errors >= mostErrors) return "ERROR";
  if (!outcome.isWhole) return "UNFINISHED";
  return (["PASS", "FAIL", undefined, "INCONCLUSIVE"] as const)[gateExitCode(outcome.gates)]!;
}

/** The exit code that evaluations come to together: any failure, else any doubt. */
export function watchExitCode(entries: readonly WatchEntry[]): 0 | 1 | 3 {
  const verdicts = entries.map(({ verdict }) => verdict);
  if (verdicts.some((one) => one === "FAIL" || one === "ERROR")) return 1;
  return verdicts.some((one) => one !== "PASS") ? 3 : 0;
}
