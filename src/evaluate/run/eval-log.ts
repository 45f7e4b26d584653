import { ConfigError, DataError } from "../../errors.ts";
import { type LineFile, openLineFile, readLines } from "../../workspace/line-file.ts";
import { isOpenAiSpec, readOpenAiLog } from "./read-openai-log.ts";
import { recordName } from "./record-name.ts";
import type { LogEnd, LogHeader, LogLine, SampleRecord } from "./sample-record.ts";

/** A log as it was read. */
export interface EvalLog {
  readonly header: LogHeader;
  /** The last record of each sample and epoch, by their ids, `a.2` before `a.10`. */
  readonly records: readonly SampleRecord[];
  /** Undefined while the run goes on, or when it was killed. */
  readonly end: LogEnd | undefined;
}

/**
 * Reads a log, of a run that goes on too, or one of openai/evals; a torn last line is left out.
 *
 * @throws {DataError} when it is missing, empty or no log; the message names the line
 */
export async function readEvalLog(path: string): Promise<EvalLog> {
  const lines = new LogLines();
  let number = 0;
  for await (const { text, isComplete } of readLines(path)) {
    if (number === 0 && isOpenAiSpec(text)) return ofOpenAi(path);
    number++;
    const line = parseLine(text);
    if (line === undefined && !isComplete) break;
    if (line !== undefined && lines.add(line)) continue;
    throw new DataError(
      `${path}, line ${number}: expected a line of an evaluation's log, got ${JSON.stringify(text.slice(0, 60))}; is it a log of \`foretoken eval run\`?`,
    );
  }
  const { header, records, end } = lines;
  if (header !== undefined) return { header, records: sorted([...records.values()]), end };
  throw new DataError(
    `${path}: found no evaluation's log; \`foretoken eval run --log\` writes one`,
  );
}

/** A log's lines as they are read. */
class LogLines {
  header: LogHeader | undefined;
  end: LogEnd | undefined;
  readonly records = new Map<string, SampleRecord>();

  /** @returns whether the log has begun */
  add(line: LogLine): boolean {
    if (line.type === "eval-start") this.header ??= line;
    else if (line.type === "sample-end") this.records.set(recordName(line), line);
    else if (line.type === "eval-end") this.end = line;
    return this.header !== undefined;
  }
}

async function ofOpenAi(path: string): Promise<EvalLog> {
  const { header, records, report } = await readOpenAiLog(path);
  const end = report && ({ type: "eval-end", time: header.time, report } as const);
  return { header, records: sorted(records), end };
}

function sorted(records: readonly SampleRecord[]): readonly SampleRecord[] {
  const byId = new Intl.Collator("en", { numeric: true }).compare;
  return records.toSorted((a, b) => byId(a.id, b.id) || epochOf(a) - epochOf(b));
}

/**
 * Opens a log for a run: a new one, or one that was begun with the same task, models, arguments and
 * samples, whose done samples are not asked again.
 *
 * @returns the samples that are done, by `recordName`, and where to write
 * @throws {ConfigError} when the log is of another run
 */
export async function openEvalLog(
  path: string,
  header: LogHeader,
): Promise<{ readonly done: ReadonlyMap<string, SampleRecord>; readonly file: LineFile }> {
  const file = await openLineFile(path, (line) => parseLine(line) !== undefined);
  try {
    const isNew = await isEmpty(path);
    if (isNew) {
      file.append(JSON.stringify(header));
      return { done: new Map(), file };
    }
    const before = await readEvalLog(path);
    refuseOther(path, before.header, header);
    const done = before.records.filter(({ error }) => error === undefined);
    return { done: new Map(done.map((record) => [recordName(record), record])), file };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What must be the same for a run to be gone on with. */
const identity = [
  "task",
  "arguments",
  "models",
  "modelArguments",
  "grader",
  "seed",
  "maxSamples",
  "dataHash",
  "epochs",
  "cluster",
] as const;

function refuseOther(path: string, before: LogHeader, now: LogHeader): void {
  const other = identity.find((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]));
  if (other === undefined) return;
  throw new ConfigError(
    `${path}: the log is of another run: its ${other} was ${JSON.stringify(before[other])}, now it is ${JSON.stringify(now[other])}; give another --log`,
  );
}

function epochOf({ epoch = 1 }: SampleRecord): number {
  return epoch;
}

async function isEmpty(path: string): Promise<boolean> {
  for await (const _ of readLines(path)) return false;
  return true;
}

function parseLine(text: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "type" in value
      ? (value as LogLine)
      : undefined;
  } catch {
    return undefined;
  }
}
