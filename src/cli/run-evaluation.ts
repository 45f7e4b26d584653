import { mkdir } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { ConfigError, DataError, ForetokenError, ProviderError } from "../errors.ts";
import {
  forecastCost,
  pilotForecast,
  pilotSamples,
  type RunCost,
} from "../evaluate/cost/cost-forecast.ts";
import { CostMeter } from "../evaluate/cost/cost-meter.ts";
import type { EvalSample } from "../evaluate/eval-task.ts";
import { type BegunRun, openEvalLog, readBegunRun, readEvalLog } from "../evaluate/log/eval-log.ts";
import { logHeader } from "../evaluate/log/log-header.ts";
import type { LogHeader } from "../evaluate/log/sample-record.ts";
import { type EvalResult, runEval } from "../evaluate/run/run-eval.ts";
import { planRun, type RunPlan } from "../evaluate/run/run-plan.ts";
import { type ScoreSummary, summarise, summaryOptions } from "../evaluate/summary/score-summary.ts";
import { writeFileAtomic } from "../workspace/atomic-file.ts";
import { consume } from "./consume.ts";
import type { Context } from "./context.ts";
import { forecastText, formatDollars, pilotText } from "./eval-cost-text.ts";
import { type EvalModels, type EvalPayment, modelRoles } from "./eval-models.ts";
import { evalProgress } from "./eval-progress.ts";
import type { EvalRunFlags } from "./eval-run-flags.ts";
import type { ChosenTask } from "./eval-task-flags.ts";
import { checkBounds } from "./eval-verdicts.ts";
import { namedValues } from "./named-values.ts";
import { modelPlaces } from "./with-model.ts";

/** What is run, by which models, and how they are paid. */
export interface Evaluation {
  readonly chosen: ChosenTask;
  readonly models: EvalModels;
  readonly payment: EvalPayment;
  /** Whether others are run with the same flags, so that files get its name into theirs. */
  readonly isOneOfSeveral: boolean;
}

/** An evaluation that is ready to be run, or gone on with; nothing is asked or written yet. */
export interface PreparedEvaluation extends Evaluation, BegunRun {
  readonly samples: readonly EvalSample[];
  readonly header: LogHeader;
  /** Paths of our log, and of the one in another format that is asked for. */
  readonly log: string;
  readonly otherLog: string | undefined;
  readonly meter: CostMeter;
  readonly plan: RunPlan;
  readonly cost: RunCost;
  /** The forecast in words. */
  readonly text: string;
}

/** What an evaluation came to. */
export interface EvaluationOutcome {
  readonly task: string;
  readonly samples: number;
  /** How often each sample is asked. */
  readonly epochs: number;
  readonly result: EvalResult;
  readonly scores: readonly ScoreSummary[];
  readonly cost: RunCost;
  readonly log: string;
}

/** Samples of which it is found out whether they ask more than one question. */
const probes = 2;

/**
 * Reads what the log has of an evaluation, and what the rest of it will take.
 *
 * @throws {ConfigError} when the log or the baseline is of another run, or a gate is none
 * @throws {DataError} when the baseline cannot be read
 */
export async function prepareEvaluation(
  flags: EvalRunFlags,
  evaluation: Evaluation,
  context: Context,
): Promise<PreparedEvaluation> {
  const { chosen, models, payment, isOneOfSeveral } = evaluation;
  const { prices } = payment;
  const samples = await chosen.task.samples();
  if (samples.length === 0) throw new ConfigError(`${chosen.task.name}: its data has no sample`);
  const header = headerOf(flags, { ...evaluation, samples }, context);
  const { epochs = 1 } = header;
  summaryOptions(header); // which refuses reducers before anything is asked
  await checkBounds(flags, header, context);
  const { log, otherLog } = logPlaces(flags, { header, isOneOfSeveral }, context);
  const meter = new CostMeter(prices);
  const begun = await readBegunRun(log, header, meter);
  const { policies, grader, concurrency } = models;
  const isPriced = Object.values(prices).some(({ input, output }) => input + output > 0);
  const plan = await planRun({
    ...{ task: chosen.task, samples, epochs, policies, grader, seed: flags.seed },
    done: begun.done,
    ...{ known: models.lookAhead(), probes: isPriced || flags.forecast ? probes : 0 },
  });
  const forecast = forecastCost(plan, prices);
  const { done, cached, fresh } = plan;
  // answers of the log tell more than bytes do
  const pilot = fresh > 0 ? pilotForecast(meter, { remaining: fresh, concurrency }) : undefined;
  const isTold = pilot !== undefined && pilot.n >= pilotSamples;
  return {
    ...{ ...evaluation, ...begun, samples, header, log, otherLog, meter, plan },
    cost: {
      forecast: {
        ...{ samples: plan.samples, done, cached, fresh, ...forecast },
        pilot: isTold ? pilot : null,
      },
      spent: meter.spending(),
    },
    text: `${forecastText(plan, forecast, concurrency)}${isTold ? `; ${pilotText(pilot)}` : ""}`,
  };
}

/**
 * Runs an evaluation, or goes on with it.
 *
 * @throws {ConfigError} when its prompts alone would cost more than `--max-cost` leaves
 */
export async function runEvaluation(
  flags: EvalRunFlags,
  prepared: PreparedEvaluation,
  context: Context,
): Promise<EvaluationOutcome> {
  const { samples, header, done, log, otherLog, meter } = prepared;
  const { epochs = 1 } = header;
  const { task, spec } = prepared.chosen;
  const { policies, grader, concurrency, isCached } = prepared.models;
  refuseDear(prepared);
  await mkdir(dirname(log), { recursive: true });
  const file = await openEvalLog(log, header);
  const progress = evalProgress(context, { header, done, cost: { ...prepared, concurrency } });
  prepared.models.onWait(progress.wait);
  let result: EvalResult;
  try {
    const run = runEval({
      ...{ task, samples, epochs, policies, grader, concurrency, done, log: file, meter, isCached },
      // a cache has the answers of interrupted samples already, each for its own time
      ...(!flags.cache && { parts: prepared.parts }),
      ...{ seed: flags.seed, mostErrors: flags.failOnErrors, signal: context.signal },
    });
    result = await consume(run, progress.show);
  } catch (error) {
    throw withKept(error, log);
  } finally {
    progress.end();
    await file.close();
  }
  if (otherLog !== undefined) {
    const { openAiLog } = await import("../evaluate/log/openai-log.ts");
    const lines = openAiLog(await readEvalLog(log), {
      spec,
      command: `foretoken eval run ${flags.task}`,
    });
    await writeFileAtomic(otherLog, bytesOf(lines));
  }
  const evaluated = result.records.filter(({ error }) => error === undefined);
  const means = summarise(result.records, summaryOptions(header));
  const scores = [...means, ...(task.summaries?.(evaluated) ?? [])];
  return {
    ...{ task: task.name, samples: samples.length, epochs, result, scores, log },
    cost: { ...prepared.cost, spent: meter.spending() },
  };
}

/** An error that ended a run, such as a server that is down or a metric that throws, with the log. */
function withKept(cause: unknown, log: string): unknown {
  if (!(cause instanceof ForetokenError)) return cause;
  const text = `${cause.message}; the answers are kept in ${log}, see eval show`;
  return cause instanceof ProviderError
    ? new ProviderError(text, cause.failure, { cause })
    : new DataError(text, { cause });
}

/** Takes what the log has spent from the budget, and refuses what cannot fit into the rest. */
function refuseDear({ payment: { budget }, cost, text, plan }: PreparedEvaluation): void {
  if (budget === undefined) return;
  const isFirst = budget.spent === 0;
  const spent = cost.spent.cost ?? 0;
  budget.spent += spent;
  const certain = cost.forecast.promptCost ?? 0;
  if (!isFirst || plan.fresh === 0 || budget.spent + certain <= budget.most) return;
  const before = spent > 0 ? `${formatDollars(spent)} are spent already, and ` : "";
  throw new ConfigError(
    `--max-cost ${budget.most}: ${before}the prompts alone would cost about ${formatDollars(certain)}; nothing was asked. ${text}. Raise --max-cost, or lower --max-samples`,
  );
}

function headerOf(
  flags: EvalRunFlags,
  { chosen, models, payment, samples }: Evaluation & { readonly samples: readonly EvalSample[] },
  context: Context,
): LogHeader {
  const { task, spec, arguments: given } = chosen;
  const { policies, grader } = modelRoles(flags);
  const epochs = flags.epochs ?? task.epochs ?? 1;
  return logHeader({
    ...{ task: task.name, arguments: given, samples, models: policies, seed: flags.seed },
    ...(spec !== undefined && { source: { class: spec.cls, group: spec.group } }),
    ...(flags.modelParam.length > 0 && { modelArguments: namedValues(flags.modelParam) }),
    ...modelSettings(models),
    given: context.flags,
    grader: grader === policies[0] ? null : grader,
    maxSamples: flags.maxSamples ?? null,
    ...(epochs > 1 && { epochs }),
    ...(flags.reducer.length > 0 && { reducers: flags.reducer }),
    ...(task.cluster !== undefined && { cluster: task.cluster }),
    ...(task.scoreKinds !== undefined && { scoreKinds: task.scoreKinds }),
    prices: payment.prices,
  });
}

function modelSettings({ policies, grader }: EvalModels): Pick<LogHeader, "modelSettings"> {
  const named = [...policies, grader].flatMap(({ name, settings }) =>
    settings === undefined ? [] : [[name, settings] as const],
  );
  return named.length === 0 ? {} : { modelSettings: Object.fromEntries(named) };
}

interface Named {
  readonly header: LogHeader;
  readonly isOneOfSeveral: boolean;
}

/** A path with an evaluation's name before its ending. */
export function pathOfOne(path: string, task: string): string {
  const end = extname(path);
  return `${path.slice(0, path.length - end.length)}.${fileName(task)}${end}`;
}

function fileName(task: string): string {
  return task.replace(/[^\p{L}\p{M}\p{N}_.-]/gu, "-");
}

function logPlaces(
  { log, format }: EvalRunFlags,
  { header: { run, task }, isOneOfSeveral }: Named,
  context: Context,
): Pick<PreparedEvaluation, "log" | "otherLog"> {
  const { workspaceFolder } = modelPlaces(context);
  const standard = join(workspaceFolder, "evals", `${run}-${fileName(task)}.jsonl`);
  const named = log !== undefined && isOneOfSeveral ? pathOfOne(log, task) : log;
  const given = named === undefined ? standard : resolve(context.directory, named);
  if (format === "foretoken") return { log: given, otherLog: undefined };
  return { log: `${given.replace(/\.jsonl$/, "")}.foretoken.jsonl`, otherLog: given };
}

function* bytesOf(lines: Iterable<string>): Generator<Uint8Array> {
  for (const line of lines) yield Buffer.from(line);
}
