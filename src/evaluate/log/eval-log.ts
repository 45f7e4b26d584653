import { ConfigError, DataError } from "../../errors.ts";
import { type LineFile, openLineFile, readLines } from "../../workspace/line-file.ts";
import { CostMeter, type ModelUsage } from "../cost/cost-meter.ts";
import { parseLooseJson } from "./loose-json.ts";
import { isOpenAiLog, readOpenAiLog } from "./read-openai-log.ts";
import { recordName } from "./record-name.ts";
import type { LogEnd, LogHeader, LogLine, SamplePart, SampleRecord } from "./sample-record.ts";

/** A log as it was read. */
export interface EvalLog {
  readonly header: LogHeader;
  /** The last record of each sample and epoch, by their ids, `a.2` before `a.10`. */
  readonly records: readonly SampleRecord[];
  /** Undefined while the run goes on, or when it was killed. */
  readonly end: LogEnd | undefined;
  /** Tokens that all its calls took which were paid for. */
  readonly usage: readonly ModelUsage[];
}

/**
 * The lines of a log, one after the other; a torn last line is left out.
 *
 * @throws {DataError} at a line that is none of a log, or before its first; the message names it
 */
export async function* logLines(path: string): AsyncGenerator<LogLine> {
  let number = 0;
  for await (const { text, isComplete } of readLines(path)) {
    number++;
    const line = parseLine(text);
    if (line === undefined && !isComplete) return;
    if (line === undefined || (number === 1 && line.type !== "eval-start")) {
      throw new DataError(
        `${path}, line ${number}: expected a line of an evaluation's log, got ${JSON.stringify(text.slice(0, 60))}; is it a log of \`foretoken eval run\`?`,
      );
    }
    yield line;
  }
}

/**
 * Reads a log, of a run that goes on too, or one of openai/evals.
 *
 * @throws {DataError} when it is missing, empty or no log; the message names the line
 */
export async function readEvalLog(path: string): Promise<EvalLog> {
  if (await isOpenAiLog(path)) return ofOpenAi(path);
  let header: LogHeader | undefined;
  let end: LogEnd | undefined;
  const records = new Map<string, SampleRecord>();
  const usage = new CostMeter();
  for await (const line of logLines(path)) {
    if (line.type === "eval-start") header ??= line;
    else if (line.type === "sample-end") records.set(recordName(line), line);
    else if (line.type === "eval-end") end = line;
    if ("calls" in line) usage.count(line.calls, { isWhole: false });
  }
  if (header !== undefined) {
    const inOrder = sorted([...records.values()]);
    return { header, records: inOrder, end, usage: usage.spending().usage };
  }
  throw new DataError(
    `${path}: found no evaluation's log; \`foretoken eval run --log\` writes one`,
  );
}

async function ofOpenAi(path: string): Promise<EvalLog> {
  const { header, records, report } = await readOpenAiLog(path);
  const end = report && ({ type: "eval-end", time: header.time, report } as const);
  const usage = new CostMeter();
  for (const { calls } of records) usage.count(calls, { isWhole: false });
  return { header, records: sorted(records), end, usage: usage.spending().usage };
}

function sorted(records: readonly SampleRecord[]): readonly SampleRecord[] {
  const byId = new Intl.Collator("en", { numeric: true }).compare;
  return records.toSorted((a, b) => byId(a.id, b.id) || epochOf(a) - epochOf(b));
}

/** What a log has of a run that is gone on with, by `recordName`. */
export interface BegunRun {
  /** Samples that are done, without their calls. */
  readonly done: ReadonlyMap<string, SampleRecord>;
  /** What was answered of samples that are not. */
  readonly parts: ReadonlyMap<string, SamplePart>;
}

/**
 * What was done of a run: nothing when there is no log, else what the log of the same task, models,
 * arguments and samples has. A sample that failed is not done.
 *
 * @param meter - counts what all of it took
 * @throws {ConfigError} when the log is of another run
 */
export async function readBegunRun(
  path: string,
  header: LogHeader,
  meter: CostMeter,
): Promise<BegunRun> {
  const done = new Map<string, SampleRecord>();
  const parts = new Map<string, SamplePart>();
  for await (const line of logLines(path)) {
    if (line.type === "eval-start") refuseOther(path, line, header);
    else if (line.type === "sample-part") parts.set(recordName(line), line);
    else if (line.type === "sample-end" && line.error === undefined) {
      done.set(recordName(line), withoutCalls(line));
    } else if (line.type === "sample-end") done.delete(recordName(line));
    if ("calls" in line) {
      const isWhole = line.type === "sample-end" && line.error === undefined;
      meter.count(line.calls, { isWhole });
    }
  }
  return { done, parts };
}

/** What a report reads of a sample: thousands of conversations need not stay in memory. */
export function withoutCalls(record: SampleRecord): SampleRecord {
  return { ...record, calls: [] };
}

/**
 * Opens a log for writing: a new one, or one that `readBegunRun` has read.
 *
 * @throws {WorkspaceError} when it cannot be written
 */
export async function openEvalLog(path: string, header: LogHeader): Promise<LineFile> {
  const file = await openLineFile(path, (line) => parseLine(line) !== undefined);
  try {
    if (await isEmpty(path)) file.append(JSON.stringify(header));
    return file;
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
  "modelSettings",
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
  const difference =
    other === "dataHash"
      ? `its ${before.samples} samples were others than the ${now.samples} of now`
      : differenceOf(other, before[other], now[other]);
  throw new ConfigError(
    `${path}: the log is of another run: ${difference}; give another --log, or run what it is of`,
  );
}

/** Where two settings differ first, and how; long ones are cut short. */
function differenceOf(name: string, before: unknown, now: unknown): string {
  if (isRecord(before) && isRecord(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    const key = keys.find((one) => JSON.stringify(before[one]) !== JSON.stringify(now[one]));
    if (key !== undefined) return differenceOf(`${name}.${key}`, before[key], now[key]);
  }
  const shown = (value: unknown) => (JSON.stringify(value) ?? "not given").slice(0, 80);
  return `its ${name} was ${shown(before)}, now it is ${shown(now)}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function epochOf({ epoch = 1 }: SampleRecord): number {
  return epoch;
}

async function isEmpty(path: string): Promise<boolean> {
  for await (const _ of readLines(path)) return false;
  return true;
}

function parseLine(text: string): LogLine | undefined {
  const value = parseLooseJson(text);
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  const line = value as LogLine;
  return line.type === "sample-end" && !hasNumbers(line) ? withoutNaN(line) : line;
}

function hasNumbers({ scores }: SampleRecord): boolean {
  return Object.values(scores).every(({ value }) => value === null || Number.isFinite(value));
}

/** A score that others' tools wrote as `NaN` is unscored. */
function withoutNaN(record: SampleRecord): SampleRecord {
  const scores = Object.entries(record.scores).map(([name, score]) => {
    const isNumber = Number.isFinite(score.value);
    return [name, isNumber ? score : { ...score, value: null }] as const;
  });
  return { ...record, scores: Object.fromEntries(scores) };
}
