import { join, relative } from "node:path";
import { ForetokenError } from "../errors.ts";
import type { GateResult } from "../evaluate/compare/gates.ts";
import { CostBudget } from "../evaluate/cost/cost-budget.ts";
import { readEvalLog } from "../evaluate/log/eval-log.ts";
import { latencyOf, verdictOf, type WatchEntry } from "../evaluate/watch/watch-entry.ts";
import type { WatchHistory } from "../evaluate/watch/watch-history.ts";
import type { Context } from "./context.ts";
import { priceList } from "./eval-cost-flags.ts";
import { modelRoles, openEvalModels } from "./eval-models.ts";
import type { EvalRunFlags } from "./eval-run-flags.ts";
import type { WatchedEvaluation } from "./eval-suite.ts";
import type { ChosenTask } from "./eval-task-flags.ts";
import { judgedRun } from "./eval-verdicts.ts";
import { type EvaluationOutcome, prepareEvaluation, runEvaluation } from "./run-evaluation.ts";

/** A round, and what its evaluations are compared with. */
export interface RoundOptions {
  readonly history: WatchHistory;
  readonly round: string;
  /** The round of the baseline; undefined: the first of each evaluation. */
  readonly baseline: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Runs an evaluation of a round, or goes on with it, and appends it to the history. What fails is
 * recorded, too.
 *
 * @returns undefined when it was interrupted
 */
export async function runWatched(
  evaluation: WatchedEvaluation,
  options: RoundOptions,
  context: Context,
): Promise<WatchEntry | undefined> {
  const { history, round, now } = options;
  const log = join(history.folder, "rounds", round, `${evaluation.fileName}.jsonl`);
  const baseline = history.baseline(evaluation.name, options.baseline);
  const isCompared = baseline !== undefined && baseline.round !== round;
  const flags = {
    ...{ ...evaluation.flags, log },
    ...(isCompared && { baseline: join(history.folder, baseline.log!) }),
  };
  let entry: Omit<WatchEntry, "round" | "time">;
  try {
    const own = { ...context, flags: evaluation.given };
    const outcome = await evaluated(flags, evaluation.chosen, own);
    const gates = await judgedRun(flags, outcome, context);
    if (!outcome.result.isWhole && context.signal.aborted) return undefined;
    entry = {
      ...(await entryOf({ ...outcome, gates }, flags.failOnErrors)),
      ...{ name: evaluation.name, models: modelRoles(flags).policies },
      ...{ baseline: isCompared ? baseline.round : null, log: relative(history.folder, log) },
    };
  } catch (error) {
    if (context.signal.aborted) return undefined;
    if (!(error instanceof ForetokenError)) throw error;
    entry = { ...withoutResult(evaluation, "ERROR"), firstError: error.message };
  }
  const whole = { round, time: new Date(now()).toISOString(), ...entry };
  await history.append(whole);
  return whole;
}

/** An evaluation of which nothing is known but how it ended. */
export function withoutResult(
  { name, flags, chosen }: WatchedEvaluation,
  verdict: "ERROR" | "UNFINISHED",
): Omit<WatchEntry, "round" | "time"> {
  return {
    ...{ name, task: chosen.task.name, models: modelRoles(flags).policies },
    ...{ samples: 0, reached: 0, errors: 0, firstError: null, scores: [], usage: [], cost: null },
    ...{ latency: null, gates: [], baseline: null, verdict, log: null },
  };
}

async function evaluated(
  flags: EvalRunFlags,
  chosen: ChosenTask,
  context: Context,
): Promise<EvaluationOutcome> {
  const budget = flags.maxCost === undefined ? undefined : new CostBudget(flags.maxCost);
  const payment = { prices: await priceList(flags, context), budget };
  const models = await openEvalModels(flags, context, payment);
  try {
    const prepared = await prepareEvaluation(
      flags,
      { chosen, models, payment, isOneOfSeveral: false },
      context,
    );
    return await runEvaluation(flags, prepared, context);
  } finally {
    await models.close();
  }
}

async function entryOf(
  {
    task,
    samples,
    epochs,
    result,
    scores,
    gates,
    cost,
    log,
  }: EvaluationOutcome & { readonly gates: readonly GateResult[] },
  mostErrors: number | undefined,
): Promise<Omit<WatchEntry, "round" | "time" | "name" | "models" | "baseline">> {
  const errors = result.records.filter(({ error }) => error !== undefined);
  const latency = latencyOf(await readEvalLog(log));
  return {
    ...{ task, samples, reached: result.records.length, errors: errors.length },
    ...{ firstError: errors[0]?.error ?? null, scores, ...cost.spent, latency, gates, log },
    verdict: verdictOf({
      ...{ asked: samples * epochs, errors: errors.length, mostErrors },
      ...{ isWhole: result.isWhole, gates },
    }),
  };
}
