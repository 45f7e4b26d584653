import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { samplesToDetect } from "../../evaluate/compare/samples-to-detect.ts";
import { usageCost } from "../../evaluate/cost/cost-meter.ts";
import { isFullScore } from "../../evaluate/eval-task.ts";
import { type EvalLog, readEvalLog } from "../../evaluate/log/eval-log.ts";
import { recordName } from "../../evaluate/log/record-name.ts";
import type { SampleRecord } from "../../evaluate/log/sample-record.ts";
import { samplesCsv } from "../../evaluate/log/samples-csv.ts";
import { samplesTable } from "../../evaluate/log/samples-table.ts";
import { reduceSamples } from "../../evaluate/summary/reduce-samples.ts";
import { summarise, summaryOptions } from "../../evaluate/summary/score-summary.ts";
import { messageText } from "../../language-model/message-text.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { defineCommand } from "../command.ts";
import { detectFlag } from "../detect-flag.ts";
import { spendingText } from "../eval-cost-text.ts";
import { flawsText, reportText, scoreTable, valueText } from "../eval-text.ts";
import { reducerFlag } from "../reducer-flag.ts";

const schema = z.strictObject({
  log: z.string().min(1).describe("a log of eval run, of one that goes on too"),
  sample: z.string().optional().describe("only this sample, whole"),
  failed: z.boolean().default(false).describe("only samples that failed or have no full score"),
  csv: z.string().min(1).optional().meta({ placeholder: "FILE.csv" }).describe("write all samples"),
  parquet: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE.parquet" })
    .describe("write all samples with types"),
  reducer: reducerFlag,
  detect: detectFlag,
  limit: z.int().min(1).default(20).describe("samples that are listed"),
});

/** `foretoken eval show`: a run's results, sample by sample. */
export const command = defineCommand({
  schema,
  positionals: ["log"],
  async run(flags, { directory, stdout }) {
    const { log: path, sample, failed, reducer, limit, detect, ...files } = flags;
    const log = await readEvalLog(resolve(directory, path));
    await writeTables(log, files, directory);
    if (sample !== undefined) {
      const found = samplesOf(log, sample);
      for (const record of found) stdout.write(wholeSample(record));
      const [first, ...others] = found;
      return { json: { header: log.header, sample: first, ...(others.length > 0 && { others }) } };
    }
    const { header, records, end, usage } = log;
    const scores = summarise(records, summaryOptions(header, reducer));
    const state = end === undefined ? "not at its end" : "whole";
    stdout.write(`${header.task}, ${header.models.join(", ")}, ${countText(log)}, ${state}\n`);
    stdout.write(scoreTable(scores));
    stdout.write(flawsText(records));
    stdout.write(reportText(end?.report ?? {}, scores));
    if (detect !== undefined) stdout.write(detectText(log, reducer, detect));
    const cost = usageCost(usage, header.prices ?? {});
    stdout.write(spendingText({ usage, cost }));
    const chosen = failed ? records.filter(isWanting) : records;
    for (const record of chosen.slice(0, limit)) stdout.write(sampleLine(record));
    if (chosen.length > limit) stdout.write(`and ${chosen.length - limit} more; see --limit\n`);
    return {
      json: {
        header,
        scores,
        report: end?.report ?? null,
        spent: { usage, cost },
        samples: chosen,
      },
    };
  },
});

/** Writes all samples as the files that are asked for. */
async function writeTables(
  { header, records }: EvalLog,
  { csv, parquet }: { readonly csv?: string | undefined; readonly parquet?: string | undefined },
  directory: string,
): Promise<void> {
  const table = samplesTable(records, header.prices);
  if (csv !== undefined) await writeFileAtomic(resolve(directory, csv), samplesCsv(table));
  if (parquet === undefined) return;
  const { samplesParquet } = await import("../../evaluate/log/samples-parquet.ts");
  await writeFileAtomic(resolve(directory, parquet), samplesParquet(table));
}

/** Of the first score, as the first reducer has it. */
function detectText(
  { header, records }: EvalLog,
  reducerNames: readonly string[],
  difference: number,
): string {
  const [name = ""] = records.flatMap(({ scores }) => Object.keys(scores));
  const [reducer] = summaryOptions(header, reducerNames).reducers;
  const samples = reduceSamples(records, name, reducer!);
  if (samples.some(({ cluster }) => cluster !== undefined)) {
    return `how many samples would show ${difference} cannot be told, samples that share a source are no measure\n`;
  }
  const needed = samplesToDetect(
    samples.flatMap(({ value }) => value ?? []),
    difference,
  );
  return needed === undefined
    ? "fewer than two samples do not tell how many would show a difference\n"
    : `two runs of ${needed} samples each would show a difference of ${difference} (power 0.8); of the same samples fewer do, see eval compare --detect\n`;
}

function countText({ header: { samples, epochs = 1, cluster }, records }: EvalLog): string {
  const what = epochs === 1 ? "samples" : `answers (${samples} samples, ${epochs} epochs)`;
  const by = cluster === undefined ? "" : `, clustered by ${cluster}`;
  return `${records.length} of ${samples * epochs} ${what}${by}`;
}

/** The records of a sample, or of one of its epochs: ID#2. */
function samplesOf({ records }: EvalLog, id: string): readonly SampleRecord[] {
  const matches = [
    (record: SampleRecord) => record.id === id || recordName(record) === id,
    (record: SampleRecord) => [record.id, recordName(record)].some((one) => one.endsWith(`.${id}`)),
  ];
  for (const isMeant of matches) {
    const found = records.filter(isMeant);
    if (found.length > 0) return found.filter((one) => one.id === found[0]!.id);
  }
  throw new ConfigError(
    `eval show: no sample "${id}" in the log; there are ${records.length}, the first "${records[0]?.id}"`,
  );
}

function isWanting({ error, scores }: SampleRecord): boolean {
  const first = Object.values(scores)[0];
  return error !== undefined || first === undefined || !isFullScore(first);
}

function scoreText(value: number | null): string {
  return value === null ? "unscored" : valueText(value);
}

function sampleLine(record: SampleRecord): string {
  const { scores, error, calls, flaws = [] } = record;
  const values = Object.entries(scores).map(([name, { value }]) => `${name} ${scoreText(value)}`);
  const answer = calls.at(-1)?.texts[0]?.replace(/\s+/g, " ").slice(0, 70) ?? "";
  const result = error === undefined ? values.join(", ") : `failed: ${error}`;
  return `${recordName(record)}: ${result} | ${answer}${flaws.map((flaw) => ` (${flaw})`).join("")}\n`;
}

/** Everything that is known of a sample. */
function wholeSample(record: SampleRecord): string {
  const { scores, error, calls } = record;
  const asked = calls.flatMap(
    ({ role, model, messages, texts, likelihoods, finishReasons, ...call }) => [
      `--- ${role}: ${model}, ${call.isCached ? "from the cache" : `${call.milliseconds} ms`}\n`,
      ...messages.map((message) => `[${message.name ?? message.role}] ${messageText(message)}\n`),
      ...texts.map((text, i) => {
        const likelihood = likelihoods?.[i];
        const end = finishReasons?.[i];
        const ended =
          end === undefined || end === null || end === "stop" ? "" : `, ended by ${end}`;
        const said =
          likelihood === undefined ? `answer${ended}` : `log p ${likelihood.logProb.toFixed(2)}`;
        return `[${said}] ${text}\n`;
      }),
    ],
  );
  const scored = Object.entries(scores).map(([name, { value, answer, explanation }]) =>
    [
      `${name}: ${scoreText(value)}`,
      ...(answer === undefined ? [] : [`read as ${JSON.stringify(answer)}`]),
      ...(explanation === undefined ? [] : [explanation]),
    ].join("; "),
  );
  const end = error === undefined ? scored : [`failed: ${error}`];
  return `${recordName(record)}\n${asked.join("")}--- scores\n${end.join("\n")}\n`;
}
