import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import type { EvalTask } from "../evaluate/eval-task.ts";
import type { EvalSpec, Registry } from "../evaluate/registry/registry.ts";
import { answerScorers, type ScorerName } from "../evaluate/scorers.ts";
import { withClusters } from "../evaluate/with-clusters.ts";
import { readRows } from "../scaling/run-table/read-rows.ts";
import type { Context } from "./context.ts";
import { namedValues } from "./named-values.ts";

const scorerNames = Object.keys(answerScorers) as [ScorerName, ...ScorerName[]];

/** Where registries of evaluations are. */
export const registryFlag = z
  .array(z.string().min(1))
  .default([])
  .meta({ placeholder: "DIR" })
  .describe("folder of an OpenAI Evals registry (evals/, data/, …); may be repeated");

/** Flags that say what is evaluated. */
export const evalTaskFlags = {
  task: z
    .string()
    .meta({ placeholder: "NAME|FILE" })
    .describe("a CSV, JSON Lines or Parquet file of questions, or an evaluation; see eval list"),
  data: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "PATH" })
    .describe("of a built-in evaluation: its data"),
  registry: registryFlag,
  param: z
    .array(z.string().regex(/^[^=]+=/, "expected NAME=VALUE"))
    .default([])
    .meta({ placeholder: "NAME=VALUE" })
    .describe("of a registry's evaluation: another value of an argument; may be repeated"),
  dataDir: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "DIR" })
    .describe("of a registry: where data sets of the hub lie, each in a folder of its name"),
  maxSamples: z.int().min(1).optional().describe("only so many, the same for everybody"),
  input: z
    .string()
    .default("input")
    .meta({ placeholder: "COLUMN" })
    .describe("of a file: the question"),
  ideal: z
    .string()
    .default("ideal")
    .meta({ placeholder: "COLUMN" })
    .describe("of a file: the right answer, or a list of them"),
  separator: z
    .string()
    .min(1)
    .optional()
    .describe("of a file: between several right answers, or choices"),
  choices: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "COLUMN" })
    .describe("of a file: choices, of which --ideal names the right one by letter, place or text"),
  by: z
    .enum(["letter", "likelihood"])
    .default("letter")
    .describe("with --choices: a letter is written, or the likeliest text is the choice"),
  cluster: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "COLUMN" })
    .describe("what samples share that are not independent, such as a passage"),
  scorer: z.enum(scorerNames).default("exact").describe("of a file: how answers are compared"),
  examples: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE" })
    .describe("of a file: another one, whose first rows are shown with their answers"),
  fewShot: z.int().min(0).default(4).describe("with --examples: how many rows"),
  system: z.string().optional().describe("of a file: said before each question"),
  temperature: z.number().min(0).default(0).describe("of a file: of the answers"),
  maxTokens: z.int().min(1).default(256).describe("of a file: of an answer"),
} as const;

type Flags = Readonly<z.output<z.ZodObject<typeof evalTaskFlags>>> & {
  /** Models that are evaluated. */
  readonly model: readonly string[];
};

/** What is to be evaluated. */
export interface ChosenTask {
  readonly task: EvalTask;
  /** Of a registry's evaluation. */
  readonly spec: EvalSpec | undefined;
  /** Arguments that hold, those that the user gave over those of the entry. */
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * The evaluations that the user means: a file of questions, an evaluation of the registries, or all
 * of a set.
 *
 * @param policies - how many models are evaluated together
 * @throws {ConfigError} when nothing fits; the message names what is near
 */
export async function chosenTasks(
  flags: Flags,
  policies: number,
  context: Context,
): Promise<readonly ChosenTask[]> {
  const tasks = await foundTasks(flags, policies, context);
  const { cluster } = flags;
  if (cluster === undefined) return tasks;
  return tasks.map((chosen) => ({ ...chosen, task: withClusters(chosen.task, cluster) }));
}

async function foundTasks(
  flags: Flags,
  policies: number,
  context: Context,
): Promise<readonly ChosenTask[]> {
  const path = resolve(context.directory, flags.task);
  if (flags.registry.length === 0) {
    if (existsSync(path)) return [await tableTask(flags, path, context.directory)];
    return [await builtInTask(flags, path, context)];
  }
  // each kind of evaluation loads what it needs, so that a run starts fast
  const { Registry } = await import("../evaluate/registry/registry.ts");
  const { evalTask } = await import("../evaluate/registry/classes/eval-classes.ts");
  const registry = new Registry(flags.registry.map((one) => resolve(context.directory, one)));
  const names = await namesOf(registry, flags.task);
  const folder = flags.dataDir && resolve(context.directory, flags.dataDir);
  const hub = { folder, read: rowsOf };
  return Promise.all(
    names.map(async (name) => {
      const spec = await registry.evalSpec(name);
      const args = { ...spec.args, ...namedValues(flags.param) };
      const { directory } = context;
      const options = { spec, registry, args, directory, policies, hub };
      return {
        task: await evalTask({ ...options, maxSamples: flags.maxSamples }),
        spec,
        arguments: args,
      };
    }),
  );
}

/** A task of ours; it has defaults of its own, so that only what the user gave counts. */
async function builtInTask(flags: Flags, path: string, context: Context): Promise<ChosenTask> {
  const { builtInTasks } = await import("../evaluate/tasks/built-in-tasks.ts");
  const known = Object.keys(builtInTasks);
  if (!Object.hasOwn(builtInTasks, flags.task)) {
    const { nearestNames } = await import("../evaluate/registry/nearest-names.ts");
    const near = nearestNames(flags.task, known);
    throw new ConfigError(
      `eval run: found no file ${path}, and the built-in evaluations are ${(near.length > 0 ? near : known).join(", ")}; give one of them, a file of questions, or --registry DIR with the name of an evaluation`,
    );
  }
  const { data, system, maxSamples, ...others } = flags;
  const given = <Key extends keyof typeof others>(key: Key) =>
    key in context.flags ? others[key] : undefined;
  const { taskData } = await import("./task-data.ts");
  const builtIn = builtInTasks[flags.task]!;
  const task = await builtIn.open({
    data: await taskData(builtIn, { data, model: flags.model[0] }, context),
    ...{ system, maxSamples, fewShot: given("fewShot") },
    ...{ temperature: given("temperature"), maxTokens: given("maxTokens") },
  });
  return { task, spec: undefined, arguments: task.settings ?? {} };
}

async function namesOf(registry: Registry, name: string): Promise<readonly string[]> {
  const isSet = !(await registry.entries("evals")).has(name);
  return isSet && (await registry.entries("eval_sets")).has(name) ? registry.evalSet(name) : [name];
}

async function tableTask(flags: Flags, path: string, directory: string): Promise<ChosenTask> {
  const rows = await rowsOf(path);
  if (flags.choices !== undefined) return choiceTask(flags, path, rows);
  const { input, ideal, separator, scorer, system, temperature, maxTokens, maxSamples } = flags;
  const examples =
    flags.examples === undefined
      ? []
      : (await rowsOf(resolve(directory, flags.examples))).slice(0, flags.fewShot);
  const { questionTable } = await import("../evaluate/question-table.ts");
  const callArguments = { temperature, max_tokens: maxTokens };
  const how = { input, ideal, separator, scorer, system, callArguments, examples };
  return {
    task: questionTable({ ...how, path, rows, maxSamples }),
    spec: undefined,
    arguments: how,
  };
}

async function choiceTask(flags: Flags, path: string, rows: QuestionRows): Promise<ChosenTask> {
  const { choiceTable } = await import("../evaluate/choice-table.ts");
  const { input, ideal, choices = "", separator, by, temperature, maxTokens, maxSamples } = flags;
  const callArguments = { temperature, max_tokens: maxTokens };
  const how = { input, ideal, choices, separator, by, callArguments };
  return {
    task: choiceTable({ ...how, path, rows, maxSamples }),
    spec: undefined,
    arguments: how,
  };
}

type QuestionRows = readonly Readonly<Record<string, unknown>>[];

async function rowsOf(path: string): Promise<Readonly<Record<string, unknown>>[]> {
  const rows: Readonly<Record<string, unknown>>[] = [];
  for await (const { values } of readRows(path)) rows.push(values);
  return rows;
}
