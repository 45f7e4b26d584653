import {
  closeSync,
  createReadStream,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { WorkspaceError } from "../errors.ts";
import { describeWriteError, errorCode } from "./atomic-file.ts";

const NEWLINE = 0x0a;
const syncFile = promisify(fsync);

/** The appending side of a file of lines, which outlives the death of its process. */
export interface LineFile {
  /**
   * Appends one whole line. It survives the death of the process at once, a power cut after
   * the next `sync`.
   *
   * @throws {WorkspaceError} when the disk is full; the file ends with the line before
   */
  append(line: string): void;
  /** Brings everything appended so far to the disk. */
  sync(): Promise<void>;
  /** Syncs and closes. */
  close(): Promise<void>;
}

/**
 * Opens a file of lines for appending, and repairs a last line that a killed process left torn: it
 * is cut off, and a whole one that lacks only its newline gets it.
 *
 * @param isWhole - whether a text is a line as they are written
 * @throws {WorkspaceError} when it cannot be written
 */
export async function openLineFile(
  path: string,
  isWhole: (line: string) => boolean,
): Promise<LineFile> {
  const file = await openForAppend(path);
  try {
    repairLastLine(file, isWhole);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return {
    append: (line) => appendLine(file, path, line),
    sync: () => syncFile(file),
    async close() {
      await syncFile(file);
      closeSync(file);
    },
  };
}

async function openForAppend(path: string): Promise<number> {
  try {
    return openSync(path, "a+");
  } catch (error) {
    throw await describeWriteError(error, path, undefined);
  }
}

function repairLastLine(file: number, isWhole: (line: string) => boolean): void {
  const size = fstatSync(file).size;
  const lastLine = readLastLine(file, size);
  if (lastLine.length === 0) return;
  if (isWhole(lastLine.toString())) writeSync(file, "\n");
  else ftruncateSync(file, size - lastLine.length);
}

/** The bytes after the last newline. */
function readLastLine(file: number, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let end = size; end > 0; ) {
    const piece = Buffer.alloc(Math.min(65_536, end));
    readSync(file, piece, 0, piece.length, end - piece.length);
    const newline = piece.lastIndexOf(NEWLINE);
    pieces.unshift(piece.subarray(newline + 1));
    if (newline >= 0) break;
    end -= piece.length;
  }
  return Buffer.concat(pieces);
}

function appendLine(file: number, path: string, text: string): void {
  const line = Buffer.from(`${text}\n`);
  const before = fstatSync(file).size;
  try {
    const written = writeSync(file, line);
    if (written < line.length) writeSync(file, line, written);
  } catch (error) {
    ftruncateSync(file, before);
    const code = errorCode(error);
    if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
    throw new WorkspaceError(
      `${path}: the disk is full: a line of ${line.length} bytes did not fit. Nothing was lost: ` +
        "the file ends with the line before. Free some space and run the command again.",
      { cause: error },
    );
  }
}

/**
 * Lines by their newline byte alone: JSON text may hold other separators that Unicode knows. A file
 * that does not exist has none; the last one may be torn.
 *
 * @throws {WorkspaceError} when the path is a folder or cannot be read
 */
export async function* readLines(
  path: string,
): AsyncGenerator<{ text: string; isComplete: boolean }> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        yield {
          text: Buffer.concat([rest, chunk.subarray(start, end)]).toString(),
          isComplete: true,
        };
        rest = Buffer.alloc(0);
        start = end + 1;
      }
      rest = Buffer.concat([rest, chunk.subarray(start)]);
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw describeReadError(error, path);
  }
  if (rest.length > 0) yield { text: rest.toString(), isComplete: false };
}

function describeReadError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  if (code === "EISDIR") {
    return new WorkspaceError(`${path}: is a folder. Give the path of a file.`, { cause: error });
  }
  if (code !== "EACCES" && code !== "EPERM") return error;
  return new WorkspaceError(
    `${path}: not readable (${code}). Give this user the right to read it.`,
    {
      cause: error,
    },
  );
}
