import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { countColumns, readPassCounts } from "../../scaling/capability/pass-counts.ts";
import type { LedgerForecast } from "../../scaling/ledger/ledger.ts";
import { scorePassRates } from "../../scaling/ledger/pass-rate-sealing.ts";
import { lossOf, subjectOf } from "../../scaling/ledger/sealed-forecast.ts";
import { scorableTargets, scoreTarget } from "../../scaling/ledger/sealing.ts";
import { scoreTableLoss } from "../../scaling/ledger/table-sealing.ts";
import { findRun, getRun } from "../../workspace/run-table.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { scoreText } from "../forecast-text.ts";
import { tableRows } from "../run-table-flags.ts";
import { withWorkspace } from "../with-workspace.ts";

const schema = z.strictObject({
  run: z
    .string()
    .optional()
    .describe("a finished target; all unscored ones of the workspace by default"),
  actual: z
    .number()
    .positive()
    .optional()
    .describe("the loss of a run trained elsewhere, sealed by `scaling forecast --seal`"),
  counts: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "COUNTS" })
    .describe("what it passed, sealed by `scaling capability --seal`; may be repeated"),
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken scaling score`: what came of sealed forecasts. */
export const command = defineCommand({
  schema,
  positionals: ["run"],
  run(flags, context) {
    return withWorkspace(context, async (workspace) => {
      const forecasts = await scoredForecasts(flags, workspace, context);
      for (const { sealed, score } of forecasts) {
        context.stdout.write(`${sealed.target.id}: ${scoreText({ sealed }, score!)}`);
      }
      if (forecasts.length === 0) context.stdout.write("No sealed forecast waits for a score.\n");
      const scores = forecasts.map(({ sealed: { target }, score }) => ({
        ...score!,
        subject: subjectOf(target),
        ...(target.bucket === undefined ? { loss: lossOf(target) } : { bucket: target.bucket }),
      }));
      return { json: { scores } };
    });
  },
});

async function scoredForecasts(
  { run, actual, counts }: Flags,
  workspace: Workspace,
  context: Context,
): Promise<readonly LedgerForecast[]> {
  const { database } = workspace;
  if (run === undefined) {
    if (actual !== undefined || counts.length > 0) {
      throw new ConfigError("scaling score: --actual and --counts are of one run; name it");
    }
    const ids = await scorableTargets(workspace);
    return (await Promise.all(ids.map((id) => scoreTarget(workspace, id)))).flat();
  }
  if (actual !== undefined) return scoreTableLoss(database, run, actual);
  if (counts.length === 0) return scoreTarget(workspace, (await getRun(database, run)).id);
  const rows = tableRows(counts, context.directory);
  const id = (await findRun(database, run))?.id ?? run;
  return scorePassRates(database, id, await readPassCounts(rows, countColumns));
}
