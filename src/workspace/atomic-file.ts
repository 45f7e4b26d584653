import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { WorkspaceError } from "../errors.ts";

/** What a file can be written from: text, bytes, or pieces that need not fit into memory at once. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

const TEMPORARY = /^\..+\.[0-9a-f]{12}\.tmp$/;

/**
 * Writes a file so that its path holds either the old content or the whole new one, even after
 * SIGKILL or a power cut: a temporary file in the same folder, fsync, rename, fsync of the folder.
 *
 * @param options.sizeBytes - the size of a content given in pieces, for the message on a full disk
 * @throws {WorkspaceError} when the disk is full or the folder cannot be written; the temporary
 *   file is removed and what was at `path` stays
 */
export async function writeFileAtomic(
  path: string,
  content: FileContent,
  options: { readonly sizeBytes?: number } = {},
): Promise<void> {
  const temporary = temporaryPath(path);
  let written = 0;
  try {
    const file = await open(temporary, "wx");
    try {
      for await (const piece of pieces(content)) {
        written += piece.byteLength;
        await writeWhole(file, piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw await describeWriteError(error, path, options.sizeBytes ?? written);
  }
}

/** Writes a value as indented JSON. @throws as `writeFileAtomic` */
export function writeJsonAtomic(path: string, value: object): Promise<void> {
  return writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Makes a folder appear under its name only when it is complete: `fill` writes into a temporary
 * sibling, which is then renamed. Files inside should be written by {@link writeFileAtomic}, which
 * brings them to the disk.
 *
 * @throws {WorkspaceError} when `folder` exists already, or the disk is full; nothing is left behind
 */
export async function createFolderAtomic(
  folder: string,
  fill: (temporaryFolder: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryPath(folder);
  try {
    await mkdir(temporary, { recursive: true });
    await fill(temporary);
    await syncFolder(temporary);
    await rename(temporary, folder);
    await syncFolder(dirname(folder));
  } catch (error) {
    await rm(temporary, { force: true, recursive: true });
    throw await describeWriteError(error, folder, undefined);
  }
}

/**
 * Removes what a killed process left half-written in `folder` (not in the folders below). Only for
 * the one process that may write there, such as the holder of a run's lock.
 *
 * @returns the names that were removed
 */
export async function removeTemporaries(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => TEMPORARY.test(name));
  for (const name of names) await rm(join(folder, name), { force: true, recursive: true });
  return names;
}

/** Turns a file system error into one paragraph for the user; other errors come back as they are. */
export async function describeWriteError(
  error: unknown,
  path: string,
  sizeBytes: number | undefined,
): Promise<unknown> {
  const code = errorCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const needed = sizeBytes === undefined ? "more space" : `${sizeBytes} bytes`;
    return new WorkspaceError(
      `${path}: the disk is full: the file needs ${needed}, ${await freeSpace(path)} free. ` +
        "Nothing was lost: what was there before is unchanged. Free some space and run the command again.",
      { cause: error },
    );
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new WorkspaceError(
      `${path}: not writable (${code}). Give this user the right to write there, or choose another folder.`,
      { cause: error },
    );
  }
  if (code === "EEXIST" || code === "ENOTEMPTY") {
    return new WorkspaceError(`${path}: exists already. Remove it or choose another name.`, {
      cause: error,
    });
  }
  if (code === "EISDIR") {
    return new WorkspaceError(`${path}: is a folder. Give the path of a file.`, { cause: error });
  }
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new WorkspaceError(`${path}: the folder ${dirname(path)} does not exist. Create it.`, {
      cause: error,
    });
  }
  return error;
}

/** The code of a file system error such as `ENOENT`, or undefined. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

function pieces(content: FileContent): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === "string") return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.byteLength - offset);
    offset += bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // a folder cannot be opened there
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function freeSpace(path: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(dirname(path));
    return `${bavail * bsize} bytes are`;
  } catch {
    return "an unknown number of bytes is";
  }
}
