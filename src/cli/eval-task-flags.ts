import { statSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError, ForetokenError } from "../errors.ts";
import type { EvalTask } from "../evaluate/eval-task.ts";
import type { EvalSpec, Registry } from "../evaluate/registry/registry.ts";
import { withClusters } from "../evaluate/with-clusters.ts";
import type { Context } from "./context.ts";
import { refuseIdleFlags, tableFlags } from "./eval-table-flags.ts";
import type { NamedModels } from "./eval-table-task.ts";
import { namedValues } from "./named-values.ts";
import { tableRows } from "./table-rows.ts";

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
    .describe(
      "a table of questions, a file of code that defines a task, or an evaluation; see eval list",
    ),
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
  cluster: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "COLUMN" })
    .describe("what samples share that are not independent, such as a passage"),
  ...tableFlags,
} as const;

type Flags = Readonly<z.output<z.ZodObject<typeof evalTaskFlags>>> & NamedModels;

/** What is to be evaluated. */
export interface ChosenTask {
  readonly task: EvalTask;
  /** Of a registry's evaluation. */
  readonly spec: EvalSpec | undefined;
  /** Arguments that hold, those that the user gave over those of the entry. */
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * The evaluations that the user means: a file of questions, one of ours, an evaluation of the
 * registries, or all of a set.
 *
 * @param policies - how many models are evaluated together
 * @throws {ConfigError} when nothing fits; the message names what is near, or a flag without effect
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

/** A file that defines a task. */
const codeFile = /\.[cm]?[jt]s$/i;

async function foundTasks(
  flags: Flags,
  policies: number,
  context: Context,
): Promise<readonly ChosenTask[]> {
  const { directory } = context;
  const path = resolve(directory, flags.task);
  // each kind of evaluation loads what it needs, so that a run starts fast
  if (flags.registry.length > 0) {
    refuseIdleFlags(flags, "registry", context.flags);
    return registryTasks(flags, policies, context);
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true && codeFile.test(path)) {
    refuseIdleFlags(flags, "code", context.flags);
    const { fileTasks } = await import("./eval-task-file.ts");
    return fileTasks(flags, path, context);
  }
  // a folder of a built-in evaluation's name is likely to be its data
  if (found?.isFile() !== true && (found === undefined || (await isBuiltIn(flags.task)))) {
    return [await builtInTask(flags, path, context)];
  }
  refuseIdleFlags(flags, "file", context.flags);
  const { tableTask } = await import("./eval-table-task.ts");
  return [{ ...(await tableTask(flags, { path, directory })), spec: undefined }];
}

async function registryTasks(
  flags: Flags,
  policies: number,
  { directory }: Context,
): Promise<readonly ChosenTask[]> {
  const { Registry } = await import("../evaluate/registry/registry.ts");
  const { evalTask } = await import("../evaluate/registry/classes/eval-classes.ts");
  const registry = new Registry(flags.registry.map((one) => resolve(directory, one)));
  const names = await namesOf(registry, flags.task);
  const folder = flags.dataDir && resolve(directory, flags.dataDir);
  const hub = { folder, read: (path: string) => tableRows(path, "--data-dir") };
  return Promise.all(
    names.map(async (name) => {
      const spec = await registry.evalSpec(name);
      const args = { ...spec.args, ...namedValues(flags.param) };
      const options = { spec, registry, args, directory, policies, hub };
      const made = evalTask({ ...options, maxSamples: flags.maxSamples });
      const task = names.length === 1 ? await made : await made.catch(unusable(spec));
      return { task, spec, arguments: args };
    }),
  );
}

/** An evaluation of a set that cannot be run stands in nobody's way until its turn. */
function unusable({ key }: EvalSpec): (error: unknown) => EvalTask {
  return (error) => {
    if (!(error instanceof ForetokenError)) throw error;
    const refuse = () => Promise.reject(error);
    return { name: key, samples: refuse, evaluate: refuse, report: () => ({}) };
  };
}

async function isBuiltIn(name: string): Promise<boolean> {
  const { builtInTasks } = await import("../evaluate/tasks/built-in-tasks.ts");
  return Object.hasOwn(builtInTasks, name);
}

/** A task of ours; it has defaults of its own, so that only what the user gave counts. */
async function builtInTask(flags: Flags, path: string, context: Context): Promise<ChosenTask> {
  const { builtInTasks } = await import("../evaluate/tasks/built-in-tasks.ts");
  const known = Object.keys(builtInTasks);
  if (!Object.hasOwn(builtInTasks, flags.task)) {
    const { nearestNames } = await import("../evaluate/registry/nearest-names.ts");
    const near = nearestNames(flags.task, known);
    throw new ConfigError(
      `eval run: found no file ${path}, and the built-in evaluations are ${known.join(", ")}${near.length > 0 ? ` (near is ${near.join(", ")})` : ""}; give one of them, a file of questions, or --registry DIR with the name of an evaluation`,
    );
  }
  refuseIdleFlags(flags, "built-in", context.flags);
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
