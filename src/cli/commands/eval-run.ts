import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ForetokenError } from "../../errors.ts";
import { gateExitCode } from "../../evaluate/compare/gates.ts";
import { CostBudget } from "../../evaluate/cost/cost-budget.ts";
import { countFlaws } from "../../evaluate/run/answer-flaws.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { acquireRunLock, type RunLock } from "../../workspace/run-lock.ts";
import { type CommandResult, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { priceList } from "../eval-cost-flags.ts";
import { modelRoles, openEvalModels } from "../eval-models.ts";
import { type EvalRunFlags, evalRunFlags, evalRunGroups } from "../eval-run-flags.ts";
import { chosenTasks } from "../eval-task-flags.ts";
import { gateText, outcomeText } from "../eval-text.ts";
import { judgedRun } from "../eval-verdicts.ts";
import {
  type EvaluationOutcome,
  type PreparedEvaluation,
  pathOfOne,
  prepareEvaluation,
  runEvaluation,
} from "../run-evaluation.ts";
import { modelPlaces } from "../with-model.ts";

/** `foretoken eval run`: asks a model the questions of an evaluation and scores its answers. */
export const command = defineCommand({
  schema: evalRunFlags,
  positionals: ["task"],
  groups: evalRunGroups,
  details:
    "In code:        foretoken eval run task.ts --model my-run\nOf a registry:  foretoken eval run test-match --registry registry --model openai:gpt-4o\nOf a file:      foretoken eval run questions.csv --input question --ideal answer --model my-run\nA sample that fails is recorded and the others go on. A killed run goes on with the same --log: what\nwas answered is not asked again. Before anything is asked, a forecast says what it will cost; stopped\nat --max-cost the exit code is 3, and the same command with a higher one and the same --log goes on.\nExit codes: 0 done; 1 all samples failed, --fail-on-errors, or a gate or baseline is proven to be missed;\n2 wrong usage, and nothing was asked; 3 a verdict is open, or --max-cost stopped it; 130 interrupted.",
  async run(flags, context) {
    setMaxListeners(0, context.signal); // every call that is under way listens to it
    const tasks = await chosenTasks(flags, modelRoles(flags).policies.length, context);
    const budget = flags.maxCost === undefined ? undefined : new CostBudget(flags.maxCost);
    const payment = { prices: await priceList(flags, context), budget };
    const models = await openEvalModels(flags, context, payment);
    try {
      const isOneOfSeveral = tasks.length > 1;
      const ready: PreparedEvaluation[] = [];
      const failures: FailedEvaluation[] = [];
      for (const chosen of tasks) {
        const evaluation = { chosen, models, payment, isOneOfSeveral };
        try {
          ready.push(await prepareEvaluation(flags, evaluation, context));
        } catch (error) {
          if (!isOneOfSeveral || !(error instanceof ForetokenError)) throw error;
          failures.push({ task: chosen.task.name, error });
        }
      }
      if (ready.length === 0) throw failures[0]!.error;
      const results: CommandResult[] = [];
      for (const prepared of ready) results.push(await oneResult(flags, prepared, context));
      return together([...results, ...failures.map((one) => failedResult(one, context))]);
    } finally {
      await models.close();
    }
  },
});

interface FailedEvaluation {
  readonly task: string;
  readonly error: ForetokenError;
}

/** One of several that cannot be run; the others are. */
function failedResult({ task, error }: FailedEvaluation, { stdout }: Context): CommandResult {
  stdout.write(`${task}: not run: ${error.message}\n`);
  return { json: { task, error: error.message }, exitCode: 1 };
}

async function oneResult(
  flags: EvalRunFlags,
  prepared: PreparedEvaluation,
  context: Context,
): Promise<CommandResult> {
  const { task } = prepared.chosen;
  if (!flags.forecast) {
    const { junit } = flags;
    const own = junit && prepared.isOneOfSeveral ? pathOfOne(junit, task.name) : junit;
    const lock = flags.log === undefined ? undefined : await logLock(prepared.log, context);
    try {
      const outcome = await runEvaluation(flags, prepared, context);
      return await shown({ ...flags, junit: own }, outcome, context);
    } finally {
      lock?.release();
    }
  }
  context.stdout.write(`${task.name}: ${prepared.text}\n`);
  return { json: { task: task.name, cost: prepared.cost } };
}

/** Two runs of one log would ask, and pay, everything twice. */
async function logLock(log: string, context: Context): Promise<RunLock> {
  const name = createHash("sha256").update(log).digest("hex").slice(0, 16);
  const folder = join(modelPlaces(context).workspaceFolder, "evals", "locks", name);
  await mkdir(folder, { recursive: true });
  return acquireRunLock(folder, log);
}

/** Results of several evaluations as one. */
function together(results: readonly CommandResult[]): CommandResult {
  const [first] = results;
  const json = results.length === 1 ? first!.json : { runs: results.map((one) => one.json) };
  const codes = results.map(({ exitCode }) => exitCode);
  const exitCode = codes.includes(1) ? 1 : codes.includes(3) ? 3 : 0;
  return { json, ...(exitCode !== 0 && { exitCode }) };
}

/** Prints what a run came to, and gives it as JSON: of the other format the report alone. */
async function shown(
  flags: EvalRunFlags,
  outcome: EvaluationOutcome,
  context: Context,
): Promise<CommandResult> {
  const { format, failOnErrors, maxCost } = flags;
  const { task, samples, scores, cost, log } = outcome;
  const { records, report, isWhole, isOutOfBudget } = outcome.result;
  const errors = records.filter(({ error }) => error !== undefined);
  context.stdout.write(outcomeText(outcome, maxCost));
  const gates = await judgedRun(flags, outcome, context);
  for (const one of gates) context.stdout.write(gateText(one));
  if (flags.junit !== undefined) {
    const { junitXml } = await import("../../evaluate/log/junit.ts");
    const xml = junitXml(task, { records, gates });
    await writeFileAtomic(resolve(context.directory, flags.junit), xml);
  }
  const isFailed =
    (failOnErrors !== undefined && errors.length >= failOnErrors) ||
    (isWhole && errors.length === records.length);
  const own = {
    task,
    report,
    scores,
    samples,
    reached: records.length,
    errors: errors.length,
    flaws: countFlaws(records),
  };
  const json = format === "openai-evals" ? report : { ...own, gates, cost, log };
  const exitCode = isFailed ? 1 : isOutOfBudget ? 3 : gateExitCode(gates);
  return { json, exitCode };
}
