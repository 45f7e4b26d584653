import { createRun, type TrainingContext } from "../train/train-run.ts";
import { codeVersion, formatCodeVersion } from "../workspace/code-version.ts";
import type { RunRow } from "../workspace/run-row.ts";
import { getRun, listRuns } from "../workspace/run-table.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { type ForecastStudy, forecastLoss } from "./forecast.ts";
import { checkComparable, findPlanned, type PlannedRun } from "./ladder.ts";
import { Ledger, type LedgerForecast } from "./ledger.ts";
import type { LadderPoint } from "./levels.ts";
import { ScalingRefusal } from "./refusal.ts";
import type { ForecastScore } from "./sealed-forecast.ts";

/**
 * What the law reads of finished runs.
 *
 * @throws {ScalingError} when they cannot stand in one law
 */
export function ladderPoints(rows: readonly RunRow[]): readonly LadderPoint[] {
  checkComparable(rows);
  return rows.map(({ id, flops, lossNats, seed }) => ({ id, flops, lossNats: lossNats!, seed }));
}

/** A target with the forecast that was sealed for it. */
export interface SealedTarget {
  /** The target's run, made and not started. */
  readonly id: string;
  readonly sealed: LedgerForecast;
  readonly study: ForecastStudy;
}

/**
 * Makes the target's run, forecasts its loss from the ladder's rows and seals the forecast; a
 * target that was sealed before keeps its forecast.
 *
 * @throws {ScalingRefusal} when the ladder cannot say; `target-started` when the target began
 *   without a seal
 */
export async function sealTarget(
  context: TrainingContext,
  target: PlannedRun,
  fit: { readonly rows: readonly RunRow[]; readonly flags: Readonly<Record<string, unknown>> },
): Promise<SealedTarget> {
  const ledger = new Ledger(context.workspace.database);
  const fitRuns = ladderPoints(fit.rows);
  const study = forecastLoss(fitRuns, target.flops);
  const known = await findPlanned(context, target);
  const id = known?.id ?? (await createRun(context, { ...target, flags: fit.flags }));
  const earlier = await ledger.forecastFor(id);
  if (earlier !== undefined) return { id, sealed: earlier, study };
  if (known?.row !== undefined) {
    throw new ScalingRefusal(
      "target-started",
      `Seal: the target ${id} was started without a seal (status ${known.row.status}). A forecast is sealed before its run's first step; choose another seed or depth.`,
    );
  }
  await ledger.seal({
    target: { id, flops: target.flops, seed: target.settings.seed },
    forecast: study.forecast,
    fitRuns,
    codeVersion: formatCodeVersion(codeVersion()),
    configuration: { ...target.settings },
  });
  return { id, sealed: (await ledger.forecastFor(id))!, study };
}

/**
 * Scores the forecast of a finished run; once done, the score stays.
 *
 * @throws {ScalingRefusal} `unknown-seal` when no forecast was sealed for the run,
 *   `target-unfinished` when it has no loss yet
 */
export async function scoreTarget(
  workspace: Workspace,
  id: string,
): Promise<{ readonly sealed: LedgerForecast; readonly score: ForecastScore }> {
  const ledger = new Ledger(workspace.database);
  const { lossNats, status } = await getRun(workspace.database, id);
  const sealed = await ledger.forecastFor(id);
  if (sealed === undefined) {
    throw new ScalingRefusal("unknown-seal", `Score: no forecast is sealed for the run ${id}.`);
  }
  if (sealed.score !== undefined) return { sealed, score: sealed.score };
  if (lossNats === null) {
    throw new ScalingRefusal(
      "target-unfinished",
      `Score: the run ${id} has no loss yet (status ${status}). Go on with \`foretoken train --resume ${id}\`.`,
    );
  }
  const score = await ledger.score(sealed.entry.hash, lossNats);
  return { sealed: { ...sealed, score }, score };
}

/** Sealed forecasts whose run is done and that have no score yet: their runs' ids. */
export async function scorableTargets(workspace: Workspace): Promise<readonly string[]> {
  const done = await listRuns(workspace.database, { status: "done" });
  const ids = new Set(done.map(({ id }) => id));
  const forecasts = await new Ledger(workspace.database).forecasts();
  return forecasts
    .filter(({ sealed, score }) => score === undefined && ids.has(sealed.target.id))
    .map(({ sealed }) => sealed.target.id);
}
