import { setMaxListeners } from "node:events";
import { resolve } from "node:path";
import { gateExitCode } from "../../evaluate/compare/gates.ts";
import { CostBudget } from "../../evaluate/run/cost-budget.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { type CommandResult, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { priceList } from "../eval-cost-flags.ts";
import { modelRoles, openEvalModels } from "../eval-models.ts";
import { type EvalRunFlags, evalRunFlags, evalRunGroups } from "../eval-run-flags.ts";
import { chosenTasks } from "../eval-task-flags.ts";
import { gateText, outcomeText } from "../eval-text.ts";
import { type EvaluationOutcome, prepareEvaluation, runEvaluation } from "../run-evaluation.ts";

/** `foretoken eval run`: asks a model the questions of an evaluation and scores its answers. */
export const command = defineCommand({
  schema: evalRunFlags,
  positionals: ["task"],
  groups: evalRunGroups,
  details:
    "In code:        foretoken eval run task.ts --model my-run\nOf a registry:  foretoken eval run test-match --registry registry --model openai:gpt-4o\nOf a file:      foretoken eval run questions.csv --input question --ideal answer --model my-run\nA sample that fails is recorded and the others go on. A killed run goes on with the same --log: what\nwas answered is not asked again. Before anything is asked, a forecast says what it will cost; stopped\nat --max-cost the exit code is 3, and the same command with a higher one and the same --log goes on.",
  async run(flags, context) {
    setMaxListeners(0, context.signal); // every call that is under way listens to it
    const tasks = await chosenTasks(flags, modelRoles(flags).policies.length, context);
    const budget = flags.maxCost === undefined ? undefined : new CostBudget(flags.maxCost);
    const payment = { prices: await priceList(flags, context), budget };
    const models = await openEvalModels(flags, context, payment);
    try {
      const results: CommandResult[] = [];
      for (const chosen of tasks) {
        const prepared = await prepareEvaluation(flags, { chosen, models, payment }, context);
        if (flags.forecast) {
          context.stdout.write(`${chosen.task.name}: ${prepared.text}\n`);
          results.push({ json: { task: chosen.task.name, cost: prepared.cost } });
        } else {
          results.push(await shown(flags, await runEvaluation(flags, prepared, context), context));
        }
      }
      return together(results);
    } finally {
      await models.close();
    }
  },
});

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
  const { task, samples, scores, gates, cost, log } = outcome;
  const { records, report, isWhole, isOutOfBudget } = outcome.result;
  const errors = records.filter(({ error }) => error !== undefined);
  context.stdout.write(outcomeText(outcome, maxCost));
  for (const one of gates) context.stdout.write(gateText(one));
  if (flags.junit !== undefined) {
    const { junitXml } = await import("../../evaluate/log/junit.ts");
    const xml = junitXml(task, { records, gates });
    await writeFileAtomic(resolve(context.directory, flags.junit), xml);
  }
  const isFailed =
    (failOnErrors !== undefined && errors.length >= failOnErrors) ||
    (isWhole && errors.length === records.length);
  const own = { task, report, scores, samples, reached: records.length, errors: errors.length };
  const json = format === "openai-evals" ? report : { ...own, gates, cost, log };
  const exitCode = isFailed ? 1 : isOutOfBudget ? 3 : gateExitCode(gates);
  return { json, exitCode };
}
