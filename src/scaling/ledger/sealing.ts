import { createRun, type TrainingContext } from "../../train/train-run.ts";
import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import type { RunRow } from "../../workspace/run-row.ts";
import { getRun, listRuns } from "../../workspace/run-table.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { type ForecastStudy, forecastLoss } from "../forecast.ts";
import { checkComparable, findPlanned, type PlannedRun } from "../ladder.ts";
import type { LadderPoint } from "../levels.ts";
import { ScalingRefusal } from "../refusal.ts";
import { Ledger, type LossForecast } from "./ledger.ts";
import { type ForecastScore, lossOf, sealedLoss, totalLoss } from "./sealed-forecast.ts";

/**
 * What the law of a loss reads of finished runs.
 *
 * @throws {ScalingError} when they cannot stand in one law
 */
export function ladderPoints(
  rows: readonly RunRow[],
  loss: string = totalLoss,
): readonly LadderPoint[] {
  checkComparable(rows);
  return rows.map((row) => ({
    id: row.id,
    flops: row.flops,
    lossNats: lossNatsOf(row, loss)!,
    seed: row.seed,
  }));
}

function lossNatsOf({ lossNats, losses }: RunRow, loss: string): number | null {
  return loss === totalLoss ? lossNats : (losses[loss]?.nats ?? null);
}

/** A target with the forecasts that were sealed for it. */
export interface SealedTarget {
  /** The target's run, made and not started. */
  readonly id: string;
  /** Of the total loss first, then of those of its parts that the ladder could say. */
  readonly sealed: readonly LossForecast[];
  /** What each forecast was chosen from, by loss, that of the total first. */
  readonly studies: ReadonlyMap<string, ForecastStudy>;
}

/**
 * Makes the target's run, forecasts its losses from the ladder's rows and seals the forecasts, each
 * by a law of its own; a target that was sealed before keeps its forecasts. A part of the loss that
 * the ladder cannot tell is left out.
 *
 * @throws {ScalingRefusal} when the ladder cannot tell the total; `target-started` when the target
 *   began without a seal
 */
export async function sealTarget(
  context: TrainingContext,
  target: PlannedRun,
  fit: { readonly rows: readonly RunRow[]; readonly flags: Readonly<Record<string, unknown>> },
): Promise<SealedTarget> {
  const ledger = new Ledger(context.workspace.database);
  const studies = studyLosses(fit.rows, target.flops);
  const known = await findPlanned(context, target);
  const id = known?.id ?? (await createRun(context, { ...target, flags: fit.flags }));
  const earlier = await ledger.lossesFor(id);
  if (earlier.some(({ sealed }) => lossOf(sealed.target) === totalLoss)) {
    return { id, sealed: earlier, studies };
  }
  if (known?.row !== undefined) {
    throw new ScalingRefusal(
      "target-started",
      `Seal: the target ${id} was started without a seal (status ${known.row.status}). A forecast is sealed before its run's first step; choose another seed or depth.`,
    );
  }
  const seal = (loss: string, { forecast }: ForecastStudy) =>
    ledger.seal(
      sealedLoss({
        target: { id, flops: target.flops, seed: target.settings.seed, loss },
        forecast,
        fitRuns: ladderPoints(fit.rows, loss),
        codeVersion: formatCodeVersion(codeVersion()),
        configuration: { ...target.settings },
      }),
    );
  const done = new Set(earlier.map(({ sealed }) => lossOf(sealed.target)));
  const [total, ...parts] = studies;
  for (const [loss, study] of parts) if (!done.has(loss)) await seal(loss, study);
  await seal(...total!); // last: with it, sealing is complete
  return { id, sealed: await ledger.lossesFor(id), studies };
}

/** The laws of the total and of those of its parts that the ladder can tell. */
function studyLosses(rows: readonly RunRow[], flops: number): Map<string, ForecastStudy> {
  const studies = new Map([[totalLoss, forecastLoss(ladderPoints(rows), flops)]]);
  for (const loss of partsOf(rows)) {
    const study = studyPart(rows, loss, flops);
    if (study !== undefined) studies.set(loss, study);
  }
  return studies;
}

/** Losses that the total is made of; one alone is the total. */
function partsOf(rows: readonly RunRow[]): string[] {
  const names = Object.keys(rows[0]?.losses ?? {});
  return names.length > 1 ? names : [];
}

function studyPart(rows: readonly RunRow[], loss: string, flops: number) {
  try {
    return forecastLoss(ladderPoints(rows, loss), flops);
  } catch (error) {
    if (error instanceof ScalingRefusal) return undefined;
    throw error;
  }
}

/**
 * Scores the forecasts of a finished run's losses; once done, the scores stay.
 *
 * @returns its forecasts with their scores, that of the total first
 * @throws {ScalingRefusal} `unknown-seal` when no forecast was sealed for the run,
 *   `target-unfinished` when it has no loss yet
 */
export async function scoreTarget(
  workspace: Workspace,
  id: string,
): Promise<readonly ScoredForecast[]> {
  const ledger = new Ledger(workspace.database);
  const row = await getRun(workspace.database, id);
  const forecasts = await ledger.lossesFor(id);
  if (forecasts.length === 0) {
    throw new ScalingRefusal(
      "unknown-seal",
      `Score: no forecast of a loss is sealed for the run ${id}.`,
    );
  }
  const scored: ScoredForecast[] = [];
  for (const forecast of forecasts) {
    const actual = lossNatsOf(row, lossOf(forecast.sealed.target));
    if (forecast.score === undefined && actual === null) {
      throw new ScalingRefusal(
        "target-unfinished",
        `Score: the run ${id} has no loss yet (status ${row.status}). Go on with \`foretoken train --resume ${id}\`.`,
      );
    }
    const score = forecast.score ?? (await ledger.score(forecast.entry.hash, actual!));
    scored.push({ ...forecast, score });
  }
  return scored;
}

/** A forecast of a loss and what came of it. */
export type ScoredForecast = LossForecast & { readonly score: ForecastScore };

/** Targets whose run is done and that have a loss's forecast without a score: their runs' ids. */
export async function scorableTargets(workspace: Workspace): Promise<readonly string[]> {
  const done = await listRuns(workspace.database, { status: "done" });
  const ids = new Set(done.map(({ id }) => id));
  const forecasts = await new Ledger(workspace.database).forecasts();
  const waiting = forecasts
    .filter(({ sealed, score }) => "lossNats" in sealed && !score && ids.has(sealed.target.id))
    .map(({ sealed }) => sealed.target.id);
  return [...new Set(waiting)];
}
