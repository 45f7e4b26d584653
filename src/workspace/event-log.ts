import { join } from "node:path";
import { WorkspaceError } from "../errors.ts";
import { openLineFile, readLines } from "./line-file.ts";

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
  const file = await openLineFile(path, (line) => parseEvent(line) !== undefined);
  let attempt = 1;
  try {
    for await (const event of readEvents(runFolder)) attempt = Math.max(attempt, event.attempt + 1);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    attempt,
    append({ type, step, ...fields }) {
      const position = step === undefined ? {} : { step };
      const event: RunEvent = { type, time: now().toISOString(), attempt, ...position, ...fields };
      file.append(JSON.stringify(event));
      return event;
    },
    sync: () => file.sync(),
    close: () => file.close(),
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
