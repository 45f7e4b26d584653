import { z } from "zod";
import { DataError } from "../../errors.ts";
import type { Message } from "../../language-model/language-model.ts";
import { readLines } from "../../workspace/line-file.ts";
import type { EvalEvent, EvalReport, Score } from "../eval-task.ts";
import { parseLooseJson } from "./loose-json.ts";
import type { CallRecord, LogHeader, SampleRecord } from "./sample-record.ts";

const unknownText = z.string().nullish();

const specLine = z.object({
  spec: z.object({
    eval_name: z.string(),
    completion_fns: z.array(z.string()).optional(),
    /** Of logs before the completion functions. */
    model_name: unknownText,
    run_id: z.string(),
    created_at: unknownText,
    run_config: z
      .object({
        eval_spec: z.record(z.string(), z.unknown()).nullish(),
        seed: z.number().nullish(),
        max_samples: z.number().nullish(),
      })
      .nullish(),
  }),
});

const reportLine = z.object({ final_report: z.record(z.string(), z.unknown()) });

const eventLine = z.object({
  sample_id: z.string().nullable(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  created_at: unknownText,
});

/** A log of openai/evals in our terms. */
export interface OpenAiEvalLog {
  readonly header: LogHeader;
  readonly records: readonly SampleRecord[];
  readonly report: EvalReport | undefined;
}

/** Whether a log is one of openai/evals, by its first line. */
export async function isOpenAiLog(path: string): Promise<boolean> {
  for await (const { text } of readLines(path))
    return specLine.safeParse(parseLooseJson(text)).success;
  return false;
}

/**
 * Reads a log that openai/evals wrote, in which the lines have no fixed order and `NaN` may stand: what
 * was asked, answered and found of each sample, and the report. Which data it was made from it does not
 * tell.
 *
 * @throws {DataError} for a line that is none of such a log, a torn last one aside
 */
export async function readOpenAiLog(path: string): Promise<OpenAiEvalLog> {
  const lines = new OpenAiLines();
  let number = 0;
  for await (const { text, isComplete } of readLines(path)) {
    number++;
    if (text.trim() === "" || lines.add(parseLooseJson(text))) continue;
    if (isComplete) throw notOfLog(path, number, text);
  }
  const { spec, report, samples } = lines;
  if (spec === undefined) throw notOfLog(path, 1, "no line with a spec");
  const models = spec.completion_fns ?? [spec.model_name ?? "unknown"];
  const records = [...samples].map(([id, events]) => recordOf(id, events, models[0]!));
  return { header: headerOf(spec, models, records.length), records, report };
}

/** The lines of a log as they are read; most are events. */
class OpenAiLines {
  spec: z.infer<typeof specLine>["spec"] | undefined;
  report: EvalReport | undefined;
  readonly samples = new Map<string, z.infer<typeof eventLine>[]>();

  /** @returns whether it is a line of such a log */
  add(line: unknown): boolean {
    const event = eventLine.safeParse(line);
    if (event.success) {
      const { sample_id: id } = event.data;
      if (id !== null) this.samples.set(id, [...(this.samples.get(id) ?? []), event.data]);
      return true;
    }
    const [spec, report] = [specLine.safeParse(line), reportLine.safeParse(line)];
    if (spec.success) this.spec ??= spec.data.spec;
    if (report.success) this.report = numbersOf(report.data.final_report);
    return spec.success || report.success;
  }
}

/** What of a report is numbers, `NaN` among them. */
function numbersOf(report: Readonly<Record<string, unknown>>): EvalReport {
  const numbers = Object.entries(report).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(numbers) as EvalReport;
}

function notOfLog(path: string, number: number, text: string): DataError {
  return new DataError(
    `${path}, line ${number}: expected a line of openai/evals' log, got ${JSON.stringify(text.slice(0, 60))}; take the line out`,
  );
}

function headerOf(
  spec: z.infer<typeof specLine>["spec"],
  models: readonly string[],
  samples: number,
): LogHeader {
  const { eval_spec, seed, max_samples } = spec.run_config ?? {};
  return {
    ...{ type: "eval-start", time: timeOf(spec.created_at), run: spec.run_id },
    task: spec.eval_name,
    source: { class: eval_spec?.["cls"] ?? null, group: eval_spec?.["group"] ?? null },
    arguments: (eval_spec?.["args"] ?? {}) as LogHeader["arguments"],
    ...{ models, grader: null, seed: seed ?? 0, maxSamples: max_samples ?? null },
    ...{ dataHash: null, samples, codeVersion: "openai/evals" },
  };
}

/** Their times are of UTC, with a space before the hour. */
function timeOf(text: string | null | undefined): string {
  const time = new Date(`${(text ?? "").replace(" ", "T").replace(/\+00:00$/, "")}Z`);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}

function recordOf(
  id: string,
  lines: readonly z.infer<typeof eventLine>[],
  model: string,
): SampleRecord {
  const events = lines.map(({ type, data }): EvalEvent => ({ type, data }));
  const isSampling = ({ type }: EvalEvent) => type === "sampling";
  return {
    ...{ type: "sample-end", time: timeOf(lines.at(-1)?.created_at), id },
    calls: events.filter(isSampling).map(({ data }) => callOf(data, model)),
    scores: scoresOf(events),
    events: events.filter((event) => !isSampling(event)),
  };
}

function callOf(data: EvalEvent["data"], model: string): CallRecord {
  const { prompt, sampled, model: answered } = data;
  const messages = Array.isArray(prompt)
    ? (prompt as readonly Message[])
    : [{ role: "user", content: String(prompt ?? "") }];
  return {
    ...{ model: typeof answered === "string" ? answered : model, role: "policy", messages },
    ...{ arguments: {}, texts: [sampled ?? []].flat().map(String) },
    ...{ milliseconds: 0, isCached: false },
  };
}

/** Of a match whether it is right, of metrics each number; what cannot be told is unscored. */
function scoresOf(events: readonly EvalEvent[]): Readonly<Record<string, Score>> {
  const scores: Record<string, Score> = {};
  for (const { type, data } of events) {
    if (type === "match") {
      const answer = [data["picked"] ?? data["sampled"] ?? []].flat().join(", ");
      scores["accuracy"] = { value: data["correct"] === true ? 1 : 0, answer };
    } else if (type === "metrics") {
      const { choice, ...numbers } = data;
      const answer = typeof choice === "string" ? { answer: choice } : {};
      for (const [name, value] of Object.entries(numbers)) {
        scores[name] = { value: numberOf(value), ...answer };
      }
    }
  }
  return scores;
}

function numberOf(value: unknown): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
