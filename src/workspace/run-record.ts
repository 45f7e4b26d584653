import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { WorkspaceDatabase } from "./database.ts";
import { type EventLog, type RunEvent, readEffectiveEvents } from "./event-log.ts";
import { isRunLocked } from "./run-lock.ts";
import { type RunChanges, type RunRow, runRowSchema } from "./run-row.ts";
import { insertRun, listRuns, replaceRuns, updateRun } from "./run-table.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Records that an attempt begins: first in the event log, which is the truth, then in the run table.
 * The caller holds the run's lock.
 *
 * @param start.resumedFrom - the step of the checkpoint that the attempt goes on from; null when it
 *   begins at the beginning
 */
export async function recordRunStart(
  database: WorkspaceDatabase,
  log: EventLog,
  start: { readonly row: RunRow; readonly resumedFrom: number | null },
): Promise<void> {
  log.append({ type: "run-start", resumedFrom: start.resumedFrom, row: start.row });
  await log.sync();
  await insertRun(database, start.row);
}

/** Records how an attempt ended, in the event log and the run table. */
export async function recordRunEnd(
  database: WorkspaceDatabase,
  log: EventLog,
  end: { readonly id: string; readonly changes: RunChanges & Pick<RunRow, "status" | "steps"> },
): Promise<void> {
  log.append({ type: "run-end", step: end.changes.steps, changes: end.changes });
  await log.sync();
  await updateRun(database, end.id, end.changes);
}

/** What {@link reindexRuns} found. */
export interface ReindexResult {
  readonly indexed: readonly string[];
  /** Run folders that have no readable record, with the reason; their old rows stay. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

/** Rebuilds the run table from the event logs of the run folders. */
export async function reindexRuns(workspace: Workspace): Promise<ReindexResult> {
  const rows: RunRow[] = [];
  const skipped: { id: string; reason: string }[] = [];
  // Rows before folders: a run that starts meanwhile must not look like one whose folder is gone.
  const known = await listRuns(workspace.database);
  const entries = await readdir(workspace.runs, { withFileTypes: true });
  const removed = known.filter(({ id }) => entries.every(({ name }) => name !== id));
  for (const { name: id } of entries.filter((entry) => entry.isDirectory())) {
    try {
      const row = await readRunRow(join(workspace.runs, id));
      if (row === undefined) skipped.push({ id, reason: "it never started: no run-start event" });
      else rows.push(row);
    } catch (error) {
      skipped.push({ id, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  await replaceRuns(
    workspace.database,
    removed.map(({ id }) => id),
    rows,
  );
  return { indexed: rows.map(({ id }) => id), skipped };
}

/**
 * The row of a run from its event log.
 *
 * @returns undefined when the run never started
 */
export async function readRunRow(runFolder: string): Promise<RunRow | undefined> {
  let row: RunRow | undefined;
  for await (const event of readEffectiveEvents(runFolder)) row = applyEvent(row, event);
  const isAbandoned = row?.status === "running" && !isRunLocked(runFolder);
  return row !== undefined && isAbandoned ? { ...row, status: "interrupted" } : row;
}

/**
 * Marks as interrupted the runs that the table calls running although no process works on them:
 * what SIGKILL or a power cut leaves behind.
 */
export async function markAbandonedRuns(workspace: Workspace): Promise<void> {
  for (const { id } of await listRuns(workspace.database, { status: "running" })) {
    const folder = join(workspace.runs, id);
    if (!isRunLocked(folder)) await updateRun(workspace.database, id, { status: "interrupted" });
  }
}

function applyEvent(row: RunRow | undefined, event: RunEvent): RunRow | undefined {
  const { type, row: started, changes } = event;
  if (type === "run-start") {
    const next = runRowSchema.parse(started);
    return { ...next, startedAt: row?.startedAt ?? next.startedAt };
  }
  if (type === "run-end" && row !== undefined) {
    return runRowSchema.parse({ ...row, ...(changes as RunChanges) });
  }
  return row;
}
