import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { WorkspaceError } from "../errors.ts";

/** The right to write into a run folder, held until `release` or the end of the process. */
export interface RunLock {
  release(): void;
}

const LOCK = "lock";
/** Longer than {@link isRunLocked} of another process holds the lock to look at it. */
const GLANCE_MS = 250;

/** Held locks stay referenced here: a collected connection would give its lock away. */
const held = new Set<Libsql.Database>();

/**
 * Takes a run for this process. The lock is the operating system's own lock on the file `lock`
 * (taken through SQLite, since Node has no such call): it ends with the process, however that
 * dies, so nothing stale can remain and nothing is guessed from process ids. `lock.json` beside it
 * only tells others who holds it. No code may open `lock` itself: closing it would drop the lock.
 *
 * @param name - of what is worked on, for the message
 * @throws {WorkspaceError} naming the process that works on the run
 */
export function acquireRunLock(runFolder: string, name = runFolder): RunLock {
  const connection = takeLock(runFolder, GLANCE_MS);
  if (connection === undefined) {
    throw new WorkspaceError(
      `${name}: ${describeHolder(runFolder)} is working on this run. Wait for it to end or stop ` +
        "it, then try again.",
    );
  }
  try {
    const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    writeFileSync(holderPath(runFolder), `${JSON.stringify(holder)}\n`);
  } catch (error) {
    connection.close();
    throw new WorkspaceError(
      `${holderPath(runFolder)}: cannot be written. Check that the disk has space and the folder is writable.`,
      { cause: error },
    );
  }
  held.add(connection);
  return {
    release() {
      if (!held.delete(connection)) return;
      rmSync(holderPath(runFolder), { force: true });
      connection.close();
    },
  };
}

/** Whether a living process holds the run. */
export function isRunLocked(runFolder: string): boolean {
  if (!existsSync(join(runFolder, LOCK))) return false;
  const connection = takeLock(runFolder, 0);
  connection?.close();
  return connection === undefined;
}

/** The connection whose transaction is the lock, or undefined when another one has it. */
function takeLock(runFolder: string, waitMs: number): Libsql.Database | undefined {
  const path = join(runFolder, LOCK);
  let connection: Libsql.Database | undefined;
  try {
    connection = new Libsql(path, { timeout: waitMs });
    connection.exec("pragma journal_mode = memory"); // no second file beside the lock
    connection.exec("begin immediate");
    return connection;
  } catch (error) {
    connection?.close();
    if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") return undefined;
    throw new WorkspaceError(
      `${path}: the lock file cannot be opened. Check that the run's folder exists and is writable.`,
      { cause: error },
    );
  }
}

function describeHolder(runFolder: string): string {
  try {
    const holder = JSON.parse(readFileSync(holderPath(runFolder), "utf8")) as RunLockHolder;
    const where = holder.host === hostname() ? "" : ` on ${holder.host}`;
    return `process ${holder.pid}${where} (since ${holder.since})`;
  } catch {
    return "another process"; // it has the lock but has not written its name yet
  }
}

interface RunLockHolder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

function holderPath(runFolder: string): string {
  return join(runFolder, "lock.json");
}
