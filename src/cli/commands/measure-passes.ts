import { appendFile, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { type Dataset, openDataset } from "../../data/dataset.ts";
import { readTestItems, type TestItem } from "../../data/primer/test-items.ts";
import { resolveDataset } from "../../data/resolve-dataset.ts";
import { ConfigError } from "../../errors.ts";
import { countPasses } from "../../evaluate/primer/count-passes.ts";
import { readRows } from "../../scaling/run-table/read-rows.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { findRun } from "../../workspace/run-table.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { deviceFlags } from "../device-flags.ts";
import { formatFlops } from "../number-format.ts";
import { createProgress } from "../progress.ts";
import { runDataset } from "../run-dataset.ts";
import { withModel } from "../with-model.ts";
import { withWorkspace } from "../with-workspace.ts";

const schema = z.strictObject({
  model: z.string().describe("a run's id or name, or a model's folder with --compute"),
  dataset: z
    .string()
    .optional()
    .describe("data set whose questions are asked; the run's own by default"),
  task: z.string().default("functions").describe("which of its tasks"),
  samples: z.int().min(1).default(200).describe("answers to each question"),
  temperature: z.number().positive().default(0.8).describe("of the answers"),
  topP: z.number().gt(0).max(1).default(0.95).describe("of the answers"),
  maxTokens: z
    .int()
    .min(1)
    .default(96)
    .describe("of an answer, where the context has room for them"),
  questions: z.int().min(1).default(400).describe("of the task, at most, spread over its levels"),
  compute: z
    .number()
    .positive()
    .optional()
    .describe("training compute in FLOP of a model that is no run"),
  out: z
    .string()
    .meta({ placeholder: "COUNTS.jsonl" })
    .describe("counts are added here; what is there is not asked again"),
  seed: z.int().min(0).default(1).describe("of the answers"),
  ...deviceFlags,
});

type Flags = Readonly<z.output<typeof schema>>;

/** Answers that are written at the same time. */
const slots = 32;

/** `foretoken measure passes`: how often a model passes each question, for `scaling capability`. */
export const command = defineCommand({
  schema,
  positionals: ["model"],
  details:
    "Functions are run in a sandbox, other answers are compared by their text. A killed run goes on where it\nwas. Give the same --out for models of several sizes, then: foretoken scaling capability --data COUNTS.jsonl",
  run(flags, context) {
    return withWorkspace(context, async (workspace) => {
      const run = await findRun(workspace.database, flags.model);
      const compute = flags.compute ?? run?.flops;
      if (compute === undefined) {
        throw new ConfigError(
          `measure passes: "${flags.model}" is no run of the workspace; say its training compute with --compute`,
        );
      }
      const named = flags.dataset ?? (run && (await runDataset(workspace, run.id)));
      if (named === undefined) {
        throw new ConfigError("measure passes: expected --dataset, because the model is no run");
      }
      const places = { datasets: workspace.datasets, directory: context.directory };
      const dataset = await openDataset(await resolveDataset(places, named));
      try {
        return { json: await count({ flags, compute, dataset }, context) };
      } finally {
        await dataset.close();
      }
    });
  },
});

async function count(
  { flags, compute, dataset }: { flags: Flags; compute: number; dataset: Dataset },
  context: Context,
): Promise<object> {
  const { samples, temperature, topP, maxTokens, seed } = flags;
  const path = resolve(context.directory, flags.out);
  const done = await problemsIn(path, compute);
  const chosen = await questionsOf(dataset, flags);
  const items = chosen.filter(({ id }) => !done.has(id));
  const progress = createProgress(context, "questions");
  let [passes, asked] = [0, 0];
  await withModel(context, { flags, slots }, async (model) => {
    const sample = async (item: Pick<TestItem, "prompt" | "stop">, count: number) => {
      const prompt = { kind: "document", text: item.prompt } as const;
      const completions = await model.sample(prompt, count, {
        ...{ temperature, topP, seed, stop: [item.stop] },
        maxTokens: Math.min(maxTokens, model.roomAfter(prompt)),
      });
      return completions.map(({ text }) => text);
    };
    for await (const one of countPasses({ items, sample, samples })) {
      context.signal.throwIfAborted();
      await appendFile(path, `${JSON.stringify({ ...one, compute, model: flags.model })}\n`);
      passes += one.passes;
      asked += one.samples;
      const done = asked / samples;
      const rate = `${((100 * passes) / asked).toFixed(1)} % passed`;
      progress.update({ done, total: items.length, parts: { rate }, values: { passes, asked } });
    }
  }).finally(() => progress.end());
  context.stdout.write(
    `${flags.model}, ${formatFlops(compute)} FLOP: ${passes} of ${asked} answers to ${items.length} questions passed; ${done.size} questions were answered before\n`,
  );
  return { compute, questions: items.length, passes, asked, out: path };
}

/** Questions of a task, each level as often. */
async function questionsOf(dataset: Dataset, { task, questions }: Flags): Promise<TestItem[]> {
  const all = (await readTestItems(dataset)).filter((item) => item.task === task);
  if (all.length === 0) {
    const known = dataset.manifest.tasks.join(", ");
    throw new ConfigError(`measure passes: the data set has no task "${task}"; it has ${known}`);
  }
  if (all.some(({ image }) => image !== undefined)) {
    throw new ConfigError(`measure passes: "${task}" asks about images; use measure images`);
  }
  const levels = new Map<number, TestItem[]>();
  for (const item of all) {
    levels.set(item.difficulty, [...(levels.get(item.difficulty) ?? []), item]);
  }
  const each = Math.ceil(questions / levels.size);
  return [...levels.values()].flatMap((level) => level.slice(0, each)).slice(0, questions);
}

/** Problems that a model of this compute has answered already; a line that was cut off is dropped. */
async function problemsIn(path: string, compute: number): Promise<ReadonlySet<string>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length || text === "") await writeFileAtomic(path, whole);
  const done = new Set<string>();
  for await (const { values } of readRows(path)) {
    if (values["compute"] === compute) done.add(String(values["problem"]));
  }
  return done;
}
