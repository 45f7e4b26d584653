import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from "kysely";
import Libsql from "libsql";
import { WorkspaceError } from "../errors.ts";
import { describeDatabaseError } from "./database-error.ts";

/** How long a writer waits for another process's transaction before it gives up. */
const BUSY_TIMEOUT_MS = 15_000;

/**
 * SQLite in a file through libsql. Other databases are further functions that return a Kysely
 * dialect; the queries and the schema are the same for all of them.
 *
 * @param path - the database file; created when missing, its folder must exist
 */
export function sqliteDialect(path: string): Dialect {
  return new ImmediateDialect({
    database: () => {
      const connection = new Libsql(path, { timeout: BUSY_TIMEOUT_MS });
      return Promise.resolve({
        close: () => void connection.close(),
        prepare: (sql: string) =>
          explained(path, () => statement(path, connection.prepare<unknown[]>(sql))),
      });
    },
    onCreateConnection: useWriteAheadLog,
  });
}

/**
 * Transactions take the write lock at once: one that reads first and writes later would fail,
 * without waiting, when another process wrote in between (SQLite, "BEGIN IMMEDIATE").
 */
class ImmediateDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#config);
  }
}

class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}

/** libsql 0.5 ends the whole process when a boolean is bound; SQLite has 0 and 1 for them. */
function bindable(parameters: readonly unknown[]): unknown[] {
  return parameters.map((value) => (typeof value === "boolean" ? Number(value) : value));
}

function statement(path: string, prepared: Libsql.Statement<unknown[]>) {
  return {
    reader: prepared.reader,
    all: (parameters: readonly unknown[]) =>
      explained(path, () => prepared.all(bindable(parameters))),
    run: (parameters: readonly unknown[]) =>
      explained(path, () => prepared.run(bindable(parameters))),
    iterate: (parameters: readonly unknown[]) => prepared.iterate(bindable(parameters)),
  };
}

function explained<Result>(path: string, use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    throw describeDatabaseError(error, path);
  }
}

/** Readers do not wait for the writer. The switch itself ignores the busy timeout, hence the retries. */
async function useWriteAheadLog(connection: DatabaseConnection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await connection.executeQuery(CompiledQuery.raw("pragma journal_mode = wal"));
      return;
    } catch (error) {
      if (!isBusy(error) || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function isBusy(error: unknown): boolean {
  const cause = error instanceof WorkspaceError ? error.cause : error;
  return cause instanceof Error && "code" in cause && cause.code === "SQLITE_BUSY";
}
