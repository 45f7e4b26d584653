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
import { join } from "node:path";
import { promisify } from "node:util";
import { WorkspaceError } from "../errors.ts";
import { describeWriteError, errorCode } from "./atomic-file.ts";

/**
 * One line of a run's `events.jsonl`. `step` counts finished optimizer steps; an event without it
 * belongs to its attempt as a whole and is never superseded.
 */
export interface RunEvent {
  readonly type: `${string}-start` | `${string}-delta` | `${string}-end`;
  /** ISO 8601. */
  readonly time: string;
  /** 1 for the first process that worked on the run, one more for each that resumed it. */
  readonly attempt: number;
  readonly step?: number;
  readonly [field: string]: unknown;
}

/** An event as the caller gives it; the log adds time and attempt. */
export interface NewRunEvent {
  readonly type: RunEvent["type"];
  readonly step?: number;
  readonly [field: string]: unknown;
}

/** The appending side of a run's log; only the holder of the run's lock may open it. */
export interface EventLog {
  readonly attempt: number;
  /**
   * Appends one whole line. It survives the death of the process at once, a power cut after
   * the next `sync`.
   *
   * @throws {WorkspaceError} when the disk is full; the log stays whole
   */
  append(event: NewRunEvent): RunEvent;
  /** Brings everything appended so far to the disk; the trainer calls it at each checkpoint. */
  sync(): Promise<void>;
  /** Syncs and closes. */
  close(): Promise<void>;
}

const NEWLINE = 0x0a;
const syncFile = promisify(fsync);

/** The path of the event log in a run folder. */
export function eventLogPath(runFolder: string): string {
  return join(runFolder, "events.jsonl");
}

/**
 * Opens a run's log for a new attempt and repairs a last line that a killed process left torn.
 *
 * @param options.now - the clock, for tests
 */
export async function openEventLog(
  runFolder: string,
  options: { readonly now?: () => Date } = {},
): Promise<EventLog> {
  const path = eventLogPath(runFolder);
  const now = options.now ?? (() => new Date());
  const file = await openForAppend(path);
  let attempt = 1;
  try {
    repairLastLine(file);
    for await (const event of readEvents(runFolder)) attempt = Math.max(attempt, event.attempt + 1);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return {
    attempt,
    append({ type, step, ...fields }) {
      const position = step === undefined ? {} : { step };
      const event: RunEvent = { type, time: now().toISOString(), attempt, ...position, ...fields };
      appendLine(file, path, JSON.stringify(event));
      return event;
    },
    sync: () => syncFile(file),
    async close() {
      await syncFile(file);
      closeSync(file);
    },
  };
}

/**
 * All events of a run in the order written; a torn last line is left out, a missing log is empty.
 *
 * @throws {WorkspaceError} when another line is not an event
 */
export async function* readEvents(runFolder: string): AsyncGenerator<RunEvent> {
  const path = eventLogPath(runFolder);
  let line = 0;
  for await (const { text, isComplete } of readLines(path)) {
    line++;
    const event = parseEvent(text);
    if (event !== undefined) yield event;
    else if (isComplete) {
      throw new WorkspaceError(
        `${path}, line ${line}: expected an event (a JSON object with type, time and attempt), got ` +
          `${JSON.stringify(text.slice(0, 60))}. Remove the line; all others stay valid.`,
      );
    }
  }
}

/**
 * The events that still hold: when a later attempt resumed from the checkpoint of step s, what the
 * attempts before it logged for steps after s never happened and is left out.
 */
export async function* readEffectiveEvents(runFolder: string): AsyncGenerator<RunEvent> {
  const resumes: { attempt: number; step: number }[] = [];
  for await (const event of readEvents(runFolder)) {
    const { type, attempt, resumedFrom } = event;
    if (type !== "run-start") continue;
    resumes.push({ attempt, step: typeof resumedFrom === "number" ? resumedFrom : -1 });
  }
  for await (const event of readEvents(runFolder)) {
    const { step } = event;
    const isSuperseded =
      step !== undefined &&
      resumes.some((resume) => resume.attempt > event.attempt && step > resume.step);
    if (!isSuperseded) yield event;
  }
}

async function openForAppend(path: string): Promise<number> {
  try {
    return openSync(path, "a+");
  } catch (error) {
    throw await describeWriteError(error, path, undefined);
  }
}

/** A torn last line is cut off; a whole one that lacks only its newline gets it. */
function repairLastLine(file: number): void {
  const size = fstatSync(file).size;
  const lastLine = readLastLine(file, size);
  if (lastLine.length === 0) return;
  if (parseEvent(lastLine.toString()) !== undefined) writeSync(file, "\n");
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
      `${path}: the disk is full: an event of ${line.length} bytes did not fit. Nothing was lost: ` +
        "the log ends with the event before. Free some space and resume the run.",
      { cause: error },
    );
  }
}

function parseEvent(text: string): RunEvent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is RunEvent {
  if (typeof value !== "object" || value === null) return false;
  const { type, time, attempt } = value as Partial<Record<string, unknown>>;
  return typeof type === "string" && typeof time === "string" && typeof attempt === "number";
}

/** Lines by their newline byte alone: JSON text may hold other separators that Unicode knows. */
async function* readLines(path: string): AsyncGenerator<{ text: string; isComplete: boolean }> {
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
    throw error;
  }
  if (rest.length > 0) yield { text: rest.toString(), isComplete: false };
}
