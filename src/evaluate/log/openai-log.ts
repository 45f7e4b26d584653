import { randomBytes } from "node:crypto";
import type { EvalReport } from "../eval-task.ts";
import type { EvalSpec } from "../registry/registry.ts";
import type { EvalLog } from "./eval-log.ts";
import { recordName } from "./record-name.ts";

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** An id as openai/evals makes it: UTC to the second, then eight characters at random. */
export function openAiRunId(time: Date): string {
  const stamp = time.toISOString().replace(/\D/g, "").slice(2, 14);
  return stamp + [...randomBytes(8)].map((byte) => base32[byte % 32]).join("");
}

/** Naive UTC text, as the log's first line has it; events add a zone. */
function naive(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}000`;
}

/**
 * A log in the form that the readers of openai/evals take: the specification, the final report, the
 * events. A number that is none is written as Python does, `NaN`.
 *
 * @param spec - of the evaluation, when it is a registry's
 */
export function* openAiLog(
  { header, records, end }: EvalLog,
  { spec, command }: { readonly spec: EvalSpec | undefined; readonly command: string },
): Generator<string> {
  const { models, grader, seed, maxSamples, run, task } = header;
  const fns = grader === null || models.includes(grader) ? models : [...models, grader];
  const [base = task, split = ""] = task.split(".");
  yield line({
    spec: {
      ...{ completion_fns: fns, eval_name: task, base_eval: spec?.base ?? base },
      split: spec?.split ?? split,
      run_config: {
        completion_fns: fns,
        eval_spec: {
          ...{ cls: spec?.cls ?? null, registry_path: spec?.folder ?? null },
          ...{ args: header.arguments, key: task, group: spec?.group ?? null },
        },
        ...{ seed, max_samples: maxSamples, command },
        initial_settings: { visible: maxSamples === null },
      },
      ...{ created_by: "", run_id: run, created_at: naive(header.time) },
    },
  });
  if (end !== undefined) yield line({ final_report: withNaN(end.report), run_id: run });
  let number = 0;
  for (const record of records) {
    const { calls, events, time } = record;
    const sampled = calls.map(({ messages, texts, model, usage }) => ({
      type: "sampling",
      data: { prompt: messages, sampled: texts, model, ...(usage && { usage }) },
    }));
    for (const { type, data } of [...sampled, ...events]) {
      yield line({
        ...{ run_id: run, event_id: number++, sample_id: recordName(record), type, data },
        ...{ created_by: "", created_at: `${naive(time)}+00:00` },
      });
    }
  }
}

/** A report as it was read, in which JSON has null for what is not a number. */
function withNaN(report: EvalReport): EvalReport {
  const restored = Object.entries(report).map(([key, value]) => [key, value ?? Number.NaN]);
  return Object.fromEntries(restored) as EvalReport;
}

/** JSON in which what is not a number is written as Python writes it. */
function line(value: object): string {
  const marked = JSON.stringify(value, (_, one: unknown) =>
    typeof one === "number" && Number.isNaN(one) ? "\u0000NaN\u0000" : one,
  );
  return `${marked.replaceAll('"\\u0000NaN\\u0000"', "NaN")}\n`;
}
