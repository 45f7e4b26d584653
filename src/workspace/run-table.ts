import { WorkspaceError } from "../errors.ts";
import type { RunRecord, WorkspaceDatabase } from "./database.ts";
import type { RunChanges, RunKind, RunRow, RunStatus } from "./run-row.ts";

/** Adds a run's row, or replaces the one with the same id. */
export async function insertRun(database: WorkspaceDatabase, row: RunRow): Promise<void> {
  const record = toRecord(row);
  await database
    .insertInto("run")
    .values(record)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(record))
    .execute();
}

/**
 * Changes columns of one run.
 *
 * @throws {WorkspaceError} when no run has this id
 */
export async function updateRun(
  database: WorkspaceDatabase,
  id: string,
  changes: RunChanges,
): Promise<void> {
  const { losses, ...columns } = changes;
  const update = losses === undefined ? columns : { ...columns, losses: JSON.stringify(losses) };
  const { numUpdatedRows } = await database
    .updateTable("run")
    .set(update)
    .where("id", "=", id)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw unknownRun(id);
}

/** The runs that match all that is given, oldest first. */
export async function listRuns(
  database: WorkspaceDatabase,
  filter: { readonly kind?: RunKind; readonly status?: RunStatus; readonly dataHash?: string } = {},
): Promise<readonly RunRow[]> {
  let query = database.selectFrom("run").selectAll().orderBy("id");
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  if (filter.dataHash !== undefined) query = query.where("dataHash", "=", filter.dataHash);
  return (await query.execute()).map(fromRecord);
}

/**
 * The run that the user means: its id, its name, or the beginning of an id that fits only one.
 *
 * @returns undefined when nothing fits
 * @throws {WorkspaceError} when several runs fit; the message lists them
 */
export async function findRun(
  database: WorkspaceDatabase,
  text: string,
): Promise<RunRow | undefined> {
  const runs = await listRuns(database);
  const exact = runs.find((run) => run.id === text);
  if (exact !== undefined) return exact;
  const named = runs.filter((run) => run.name === text);
  const candidates = named.length > 0 ? named : runs.filter((run) => prefixes(text, run.id));
  if (candidates.length > 1) {
    const ids = candidates.map((run) => (run.name === run.id ? run.id : `${run.id} (${run.name})`));
    throw new WorkspaceError(
      `run "${text}": expected one run, ${candidates.length} fit: ${ids.join(", ")}. Give more of the id.`,
    );
  }
  return candidates[0];
}

/**
 * Like {@link findRun} for a run that must exist.
 *
 * @throws {WorkspaceError} when nothing or several runs fit
 */
export async function getRun(database: WorkspaceDatabase, text: string): Promise<RunRow> {
  const run = await findRun(database, text);
  if (run === undefined) throw unknownRun(text);
  return run;
}

/** Removes the rows of some runs and writes those of others, in one transaction. */
export async function replaceRuns(
  database: WorkspaceDatabase,
  removed: readonly string[],
  rows: readonly RunRow[],
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    for (const id of removed) {
      await transaction.deleteFrom("run").where("id", "=", id).execute();
    }
    for (const row of rows) await insertRun(transaction, row);
  });
}

function prefixes(text: string, id: string): boolean {
  return text.length > 0 && id.startsWith(text);
}

function unknownRun(text: string): WorkspaceError {
  return new WorkspaceError(
    `run "${text}": not in this workspace. \`foretoken runs\` lists the runs; ` +
      "`foretoken runs --reindex` finds runs whose folders were copied here.",
  );
}

function toRecord(row: RunRow): RunRecord {
  return { ...row, losses: JSON.stringify(row.losses) };
}

function fromRecord(record: RunRecord): RunRow {
  return { ...record, losses: JSON.parse(record.losses) as RunRow["losses"] };
}
