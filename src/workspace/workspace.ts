import { constants, existsSync } from "node:fs";
import { access, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { WorkspaceError } from "../errors.ts";
import { errorCode } from "./atomic-file.ts";
import type { WorkspaceDatabase } from "./database.ts";

/** The project folder where everything that Foretoken makes lies. */
export interface Workspace {
  readonly folder: string;
  /** `runs/`: one folder per run. */
  readonly runs: string;
  /** `datasets/`: one folder per built data set. */
  readonly datasets: string;
  /** `cache/`: fetched packages. */
  readonly cache: string;
  /** `reports/`. */
  readonly reports: string;
  readonly database: WorkspaceDatabase;
  close(): Promise<void>;
}

/** Where the workspace lies: `FORETOKEN_HOME`, or `.foretoken` of the current directory. */
export function workspaceFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  directory: string = process.cwd(),
): string {
  const { FORETOKEN_HOME: home } = environment;
  return resolve(directory, home === undefined || home === "" ? ".foretoken" : home);
}

/** Whether a workspace was made in this folder; commands that only look need not make one. */
export function workspaceExists(folder: string): boolean {
  return existsSync(join(folder, DATABASE));
}

/**
 * Opens the workspace in `folder` and makes what is missing.
 *
 * @throws {WorkspaceError} when the folder cannot be made or written, a file is in its place, or
 *   its database cannot be used; the message says how to mend it
 */
export async function openWorkspace(folder: string): Promise<Workspace> {
  const isNew = !workspaceExists(folder);
  const rooms = {
    runs: join(folder, "runs"),
    datasets: join(folder, "datasets"),
    cache: join(folder, "cache"),
    reports: join(folder, "reports"),
  };
  try {
    await checkWritable(folder);
    for (const room of Object.values(rooms)) await mkdir(room, { recursive: true });
    // Checkpoints are large and private: git ignores the folder without being told by the project.
    if (isNew) await writeFile(join(folder, ".gitignore"), "*\n");
  } catch (error) {
    throw await describeFolderError(error, folder);
  }
  const { openDatabase } = await import("./database.ts"); // not for commands that only ask for a place
  const database = await openDatabase(join(folder, DATABASE));
  return { folder, ...rooms, database, close: () => database.destroy() };
}

const DATABASE = "foretoken.db";

/** Asked before making folders: Node's recursive `mkdir` says ENOENT on a read-only disk. */
async function checkWritable(folder: string): Promise<void> {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  await access(existing, constants.W_OK);
}

async function describeFolderError(error: unknown, folder: string): Promise<unknown> {
  const code = errorCode(error);
  const another = "or set FORETOKEN_HOME to another folder";
  if (code === "EEXIST" || code === "ENOTDIR") {
    const isFile = await stat(folder).then(
      (entry) => entry.isFile(),
      () => false,
    );
    const what = isFile
      ? "a file lies where the workspace folder should be"
      : "a file is in the way";
    return new WorkspaceError(`workspace ${folder}: ${what}. Move it away, ${another}.`, {
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new WorkspaceError(
      `workspace ${folder}: not writable (${code}). Make it writable for this user, ${another}.`,
      { cause: error },
    );
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new WorkspaceError(
      `workspace ${folder}: the disk is full. Free some space, ${another}.`,
      {
        cause: error,
      },
    );
  }
  return error;
}
