import { WorkspaceError } from "../errors.ts";

const NEWER = "or set FORETOKEN_HOME to another folder";

/** What SQLite's error codes mean for the user, and the fix. */
const MEANINGS: Readonly<Record<string, string>> = {
  SQLITE_FULL:
    "the disk is full. Nothing was lost: the change was not made. Free some space and try again.",
  SQLITE_BUSY:
    "another process has held the database for too long. Wait for it to end and try again.",
  SQLITE_READONLY: `not writable. Make the file and its folder writable, ${NEWER}.`,
  SQLITE_NOTADB:
    "not a readable database. Move the file away and run `foretoken runs --reindex`, which rebuilds " +
    "the run table from the run folders.",
  SQLITE_CORRUPT:
    "the database is damaged. Move the file away and run `foretoken runs --reindex`, which rebuilds " +
    "the run table from the run folders.",
  SQLITE_CANTOPEN: `cannot be opened. Check that the folder exists and is writable, ${NEWER}.`,
  SQLITE_IOERR: `reading or writing failed. Check the disk, ${NEWER}.`,
};

/**
 * Turns an error of the database's engine that the user can mend into one paragraph; a mistake in a
 * query comes back as it is.
 */
export function describeDatabaseError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof WorkspaceError) return error;
  const code = "code" in error ? String(error.code) : connectionCode(error);
  const primary = code.split("_").slice(0, 2).join("_"); // SQLITE_IOERR_WRITE is an SQLITE_IOERR
  const meaning = MEANINGS[primary];
  return meaning === undefined
    ? error
    : new WorkspaceError(`${path}: ${meaning} (${error.message})`, { cause: error });
}

/** libsql gives no code when a file cannot be opened at all. */
function connectionCode(error: Error): string {
  return error.message.startsWith("ConnectionFailed") ? "SQLITE_CANTOPEN" : "";
}
