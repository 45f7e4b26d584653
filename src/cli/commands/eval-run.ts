import { setMaxListeners } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { compareRuns } from "../../evaluate/compare-runs.ts";
import type { EvalSample } from "../../evaluate/eval-task.ts";
import {
  type GateResult,
  gateExitCode,
  judgeGate,
  judgeRegression,
  parseGate,
} from "../../evaluate/gates.ts";
import { openEvalLog, readEvalLog } from "../../evaluate/run/eval-log.ts";
import { junitXml } from "../../evaluate/run/junit.ts";
import { openAiLog, openAiRunId } from "../../evaluate/run/openai-log.ts";
import { type EvalResult, runEval, samplesHash } from "../../evaluate/run/run-eval.ts";
import type { LogHeader, SampleRecord } from "../../evaluate/run/sample-record.ts";
import {
  type ScoreSummary,
  type SummaryOptions,
  summarise,
  summaryOptions,
} from "../../evaluate/run/score-summary.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import type { Context } from "../context.ts";
import { type EvalModels, evalModelFlags, modelRoles, openEvalModels } from "../eval-models.ts";
import { evalProgress } from "../eval-progress.ts";
import { type ChosenTask, chosenTasks, evalTaskFlags } from "../eval-task-flags.ts";
import { scoreTable } from "../eval-text.ts";
import { namedValues } from "../named-values.ts";
import { reducerFlag } from "../reducer-flag.ts";
import { modelPlaces } from "../with-model.ts";

const schema = z.strictObject({
  ...evalTaskFlags,
  ...evalModelFlags,
  epochs: z.int().min(1).optional().describe("how often each sample is asked; once by default"),
  reducer: reducerFlag,
  seed: z.int().min(0).default(20220722).describe("of evaluations that draw at random"),
  log: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE.jsonl" })
    .describe("where it is written, and gone on with; in the workspace by default"),
  format: z
    .enum(["foretoken", "openai-evals"])
    .default("foretoken")
    .describe("of the log; ours is written beside the other"),
  gate: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "'SCORE>=NUMBER'" })
    .describe(
      "exit code 1 when the score is proven to miss it, 3 when that is open; may be repeated",
    ),
  baseline: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "LOG" })
    .describe("an earlier run of the same samples that this one must not be worse than"),
  margin: z.number().min(0).default(0.01).describe("with --baseline: a loss that does not count"),
  junit: z.string().min(1).optional().meta({ placeholder: "FILE.xml" }).describe("write JUnit XML"),
  failOnErrors: z.int().min(1).optional().describe("stop after so many samples that failed"),
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken eval run`: asks a model the questions of an evaluation and scores its answers. */
export const command = defineCommand({
  schema,
  positionals: ["task"],
  details:
    "Of a registry:  foretoken eval run test-match --registry registry --model openai:gpt-4o\nOf a file:      foretoken eval run questions.csv --input question --ideal answer --model my-run\nA sample that fails is recorded and the others go on. A killed run goes on with the same --log: what\nwas answered is not asked again.",
  async run(flags, context) {
    setMaxListeners(0, context.signal); // every call that is under way listens to it
    const { policies } = modelRoles(flags);
    const tasks = await chosenTasks(flags, policies.length, context);
    const models = await openEvalModels(flags, context);
    try {
      const results = [];
      for (const chosen of tasks) results.push(await runOne(flags, { chosen, models }, context));
      const [first] = results;
      const json = results.length === 1 ? first!.json : { runs: results.map((one) => one.json) };
      const codes = results.map(({ exitCode }) => exitCode);
      const exitCode = codes.includes(1) ? 1 : codes.includes(3) ? 3 : 0;
      return { json, ...(exitCode !== 0 && { exitCode }) };
    } finally {
      await models.close();
      for (const { task } of tasks) await task.close?.();
    }
  },
});

async function runOne(
  flags: Flags,
  { chosen, models }: { readonly chosen: ChosenTask; readonly models: EvalModels },
  context: Context,
): Promise<{ readonly json: object; readonly exitCode: 0 | 1 | 3 }> {
  const { task } = chosen;
  const samples = await task.samples();
  const header = headerOf(flags, chosen, samples);
  const { epochs = 1 } = header;
  const summary = summaryOptions(header); // which refuses reducers before anything is asked
  const place = logPlaces(flags, header, context);
  await mkdir(dirname(place.own), { recursive: true });
  const { done, file } = await openEvalLog(place.own, header);
  const progress = evalProgress(context, { header, done });
  const { policies, grader, concurrency } = models;
  let result: EvalResult;
  try {
    const run = runEval({
      ...{ task, samples, epochs, policies, grader, concurrency, done, log: file },
      ...{ seed: flags.seed, mostErrors: flags.failOnErrors, signal: context.signal },
      isCached: (request) => models.isCached(request),
    });
    result = await consume(run, progress.show);
  } finally {
    progress.end();
    await file.close();
  }
  if (place.other !== undefined) await writeOpenAiLog(place.own, place.other, { flags, chosen });
  return shown(flags, { result, place: place.own, task: task.name, samples, summary }, context);
}

/** Prints what a run came to, and gives it as JSON: of the other format the report alone. */
async function shown(
  flags: Flags,
  run: {
    readonly result: EvalResult;
    readonly place: string;
    readonly task: string;
    readonly samples: readonly EvalSample[];
    readonly summary: SummaryOptions;
  },
  context: Context,
): Promise<{ readonly json: object; readonly exitCode: 0 | 1 | 3 }> {
  const { format, failOnErrors } = flags;
  const { records, report, isWhole } = run.result;
  const scores = summarise(records, run.summary);
  const gates = isWhole ? await judged(flags, { scores, ...run }, context) : [];
  const errors = records.filter(({ error }) => error !== undefined);
  context.stdout.write(resultText(run.task, { scores, errors, isWhole, log: run.place }));
  for (const one of gates) context.stdout.write(gateText(one));
  if (flags.junit !== undefined) {
    const xml = junitXml(run.task, { records, gates });
    await writeFileAtomic(resolve(context.directory, flags.junit), xml);
  }
  const isFailed =
    (failOnErrors !== undefined && errors.length >= failOnErrors) ||
    (isWhole && errors.length === records.length);
  const own = { task: run.task, report, scores, samples: run.samples.length };
  const json =
    format === "openai-evals"
      ? report
      : { ...own, reached: records.length, errors: errors.length, gates, log: run.place };
  return { json, exitCode: isFailed ? 1 : gateExitCode(gates) };
}

/** The verdicts of the gates, and on a regression against the baseline. */
async function judged(
  { gate, baseline, margin }: Flags,
  run: {
    readonly scores: readonly ScoreSummary[];
    readonly place: string;
    readonly summary: SummaryOptions;
  },
  { directory }: Context,
): Promise<readonly GateResult[]> {
  const gates = gate.map((text) => judgeGate(parseGate(text), run.scores));
  if (baseline === undefined) return gates;
  const before = await readEvalLog(resolve(directory, baseline));
  const { reducers } = run.summary;
  const settings = { ...regressionSettings, reducers };
  const compared = compareRuns(before, await readEvalLog(run.place), settings);
  return [...gates, ...compared.slice(0, 1).map((score) => judgeRegression(score, margin))];
}

/** How a run is compared with its baseline. */
const regressionSettings = { level: 0.95, draws: 10_000, seed: 1 } as const;

function gateText({ gate, verdict, reason, samplesNeeded }: GateResult): string {
  const needed = samplesNeeded === undefined ? "" : `; some ${samplesNeeded} samples would decide`;
  return `${verdict}: ${gate} (${reason})${needed}\n`;
}

function resultText(
  task: string,
  {
    scores,
    errors,
    isWhole,
    log,
  }: {
    readonly scores: readonly ScoreSummary[];
    readonly errors: readonly SampleRecord[];
    readonly isWhole: boolean;
    readonly log: string;
  },
): string {
  const first = errors[0];
  return [
    `${task}\n`,
    scoreTable(scores),
    first === undefined ? "" : `${errors.length} samples failed, the first: ${first.error}\n`,
    isWhole ? "" : "not all samples were reached; go on with the same command and --log\n",
    `log: ${log}\n`,
  ].join("");
}

function headerOf(
  flags: Flags,
  { task, spec, arguments: given }: ChosenTask,
  samples: readonly EvalSample[],
): LogHeader {
  const time = new Date();
  const { policies, grader } = modelRoles(flags);
  const epochs = flags.epochs ?? task.epochs ?? 1;
  return {
    type: "eval-start",
    time: time.toISOString(),
    run: openAiRunId(time),
    task: task.name,
    ...(spec !== undefined && { source: { class: spec.cls, group: spec.group } }),
    arguments: given,
    models: policies,
    ...(flags.modelParam.length > 0 && { modelArguments: namedValues(flags.modelParam) }),
    grader: grader === policies[0] ? null : grader,
    seed: flags.seed,
    maxSamples: flags.maxSamples ?? null,
    dataHash: samplesHash(samples),
    samples: samples.length,
    ...(epochs > 1 && { epochs }),
    ...(flags.reducer.length > 0 && { reducers: flags.reducer }),
    ...(task.cluster !== undefined && { cluster: task.cluster }),
    ...(task.scoreKinds !== undefined && { scoreKinds: task.scoreKinds }),
    codeVersion: formatCodeVersion(codeVersion()),
  };
}

/** Our log, and the one in another format that is asked for. */
function logPlaces({ log, format }: Flags, { run, task }: LogHeader, context: Context) {
  const { workspaceFolder } = modelPlaces(context);
  const standard = join(workspaceFolder, "evals", `${run}-${task.replace(/[^\w.-]/g, "-")}.jsonl`);
  const given = log === undefined ? standard : resolve(context.directory, log);
  if (format === "foretoken") return { own: given, other: undefined };
  return { own: `${given.replace(/\.jsonl$/, "")}.foretoken.jsonl`, other: given };
}

async function writeOpenAiLog(
  own: string,
  other: string,
  { flags, chosen }: { readonly flags: Flags; readonly chosen: ChosenTask },
): Promise<void> {
  const command = `foretoken eval run ${flags.task}`;
  const lines = openAiLog(await readEvalLog(own), { spec: chosen.spec, command });
  await writeFileAtomic(other, bytesOf(lines));
}

function* bytesOf(lines: Iterable<string>): Generator<Uint8Array> {
  for (const line of lines) yield Buffer.from(line);
}
