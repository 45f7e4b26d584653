import { resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import {
  type GateResult,
  judgeGate,
  judgeRegression,
  parseGate,
} from "../evaluate/compare/gates.ts";
import { readEvalLog } from "../evaluate/log/eval-log.ts";
import type { LogHeader } from "../evaluate/log/sample-record.ts";
import { summaryOptions } from "../evaluate/summary/score-summary.ts";
import type { Context } from "./context.ts";
import type { EvalRunFlags } from "./eval-run-flags.ts";
import type { EvaluationOutcome } from "./run-evaluation.ts";

/** How a run is compared with its baseline. */
const regressionSettings = { level: 0.95, draws: 10_000, seed: 1 } as const;

/**
 * Refuses, before anything is asked, gates that are none and a baseline of other samples.
 *
 * @param header - of the run that will be judged
 * @throws {ConfigError} naming the gate or the baseline
 * @throws {DataError} when the baseline cannot be read
 */
export async function checkBounds(
  { gate, baseline, regression }: Pick<EvalRunFlags, "gate" | "baseline" | "regression">,
  header: LogHeader,
  { directory }: Context,
): Promise<void> {
  for (const text of gate) parseGate(text);
  if (baseline === undefined && !regression) {
    throw new ConfigError("--no-regression: expected an earlier run; give --baseline LOG");
  }
  if (baseline === undefined) return;
  const { checkSameSamples } = await import("../evaluate/compare/compare-runs.ts");
  const before = await readEvalLog(resolve(directory, baseline));
  checkSameSamples(before.header, header, `--baseline ${baseline}`);
}

/**
 * The verdicts of the gates, and on a regression against the baseline; none of a run that did not
 * reach all samples, or of which all failed.
 *
 * @throws {ConfigError} when a gate's score is none of the run, or the baseline has no score of these samples
 */
export async function judgedRun(
  { gate, baseline, margin }: Pick<EvalRunFlags, "gate" | "baseline" | "margin">,
  { result: { records, isWhole }, scores, log }: EvaluationOutcome,
  { directory }: Context,
): Promise<readonly GateResult[]> {
  if (!isWhole || records.every(({ error }) => error !== undefined)) return [];
  const gates = gate.map((text) => judgeGate(parseGate(text), scores));
  if (baseline === undefined) return gates;
  const { compareRuns } = await import("../evaluate/compare/compare-runs.ts");
  const before = await readEvalLog(resolve(directory, baseline));
  const now = await readEvalLog(log);
  const { reducers } = summaryOptions(now.header);
  const [first] = compareRuns(before, now, { ...regressionSettings, reducers });
  if (first === undefined) {
    throw new ConfigError(
      `--baseline ${baseline}: expected a run with a score of the same samples, found none; give another log`,
    );
  }
  return [...gates, judgeRegression(first, margin)];
}
