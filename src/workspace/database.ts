import { CamelCasePlugin, Kysely, sql } from "kysely";
import { WorkspaceError } from "../errors.ts";
import { sqliteDialect } from "./database-dialect.ts";
import { describeDatabaseError } from "./database-error.ts";
import { migrations } from "./migrations.ts";
import type { RunRow } from "./run-row.ts";

/** A run as it lies in the database: the losses are JSON text. */
export type RunRecord = Omit<RunRow, "losses"> & { readonly losses: string };

/** One entry of the ledger of forecasts: append-only, each holds the hash of the one before. */
export interface LedgerRecord {
  readonly index: number;
  readonly previousHash: string;
  readonly hash: string;
  readonly kind: string;
  readonly time: string;
  /** Canonical JSON. */
  readonly payload: string;
}

/** The tables; columns are camelCase here and snake_case in the database. */
export interface DatabaseSchema {
  readonly run: RunRecord;
  readonly ledger: LedgerRecord;
  readonly schemaVersion: { readonly version: number; readonly appliedAt: string };
}

/** The workspace's database, asked through Kysely; several processes may use it at once. */
export type WorkspaceDatabase = Kysely<DatabaseSchema>;

/**
 * Opens the database, creates it when missing, and brings its schema up to this version.
 *
 * @param path - the SQLite file
 * @throws {WorkspaceError} when the file is no database, cannot be written, or was made by a newer
 *   version
 */
export async function openDatabase(path: string): Promise<WorkspaceDatabase> {
  const database = new Kysely<DatabaseSchema>({
    dialect: sqliteDialect(path),
    plugins: [new CamelCasePlugin()],
  });
  try {
    await migrate(database, path);
    return database;
  } catch (error) {
    await database.destroy().catch(() => undefined); // the first error is the one that tells
    throw describeDatabaseError(error, path);
  }
}

async function migrate(database: WorkspaceDatabase, path: string): Promise<void> {
  if ((await currentVersion(database, path)) === migrations.length) return;
  await database.transaction().execute(async (transaction) => {
    // Read again: another process may have migrated while this one waited for the write lock.
    const version = await currentVersion(transaction, path);
    if (version === 0) {
      await transaction.schema
        .createTable("schemaVersion")
        .ifNotExists()
        .addColumn("version", "integer", (column) => column.primaryKey())
        .addColumn("appliedAt", "text", (column) => column.notNull())
        .execute();
    }
    for (const [index, up] of migrations.entries()) {
      if (index < version) continue;
      await up(transaction);
      await transaction
        .insertInto("schemaVersion")
        .values({ version: index + 1, appliedAt: new Date().toISOString() })
        .execute();
    }
  });
}

async function currentVersion(database: WorkspaceDatabase, path: string): Promise<number> {
  const tables = await database.introspection.getTables();
  if (!tables.some((table) => table.name === "schema_version")) return 0;
  const row = await database
    .selectFrom("schemaVersion")
    .select(sql<number>`max(version)`.as("version"))
    .executeTakeFirst();
  const version = row?.version ?? 0;
  if (version > migrations.length) {
    throw new WorkspaceError(
      `${path}: made by a newer version of Foretoken (schema ${version}, this one knows up to ` +
        `${migrations.length}). Update Foretoken, or set FORETOKEN_HOME to another folder.`,
    );
  }
  return version;
}
