import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { buildDataset } from "../../data/build.ts";
import { resolveRecipe } from "../../data/builtin-recipes.ts";
import { openDataset } from "../../data/dataset.ts";
import { imageSideOf, readManifest } from "../../data/manifest.ts";
import { ConfigError } from "../../errors.ts";
import { maxDepth } from "../../model/dial.ts";
import { settingsForCompute } from "../../train/compute-budget.ts";
import {
  type RunSettings,
  type SettingsChoices,
  settingsFromDial,
} from "../../train/run-settings.ts";
import { createRun, trainRun } from "../../train/train-run.ts";
import { readRunConfig } from "../../workspace/run-folder.ts";
import type { RunRow } from "../../workspace/run-row.ts";
import { findRun, getRun } from "../../workspace/run-table.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import type { Context } from "../context.ts";
import { dataProgress } from "../data-progress.ts";
import { deviceFlags } from "../device-flags.ts";
import { formatDuration, formatFlops } from "../number-format.ts";
import { shareAlikeFlag } from "../share-alike-flag.ts";
import { trainingProgress } from "../training-progress.ts";
import { withRuntime, withWorkspace } from "../with-workspace.ts";

const schema = z.strictObject({
  recipe: z.string().default("primer-offline").describe("recipe to train on, built first"),
  depth: z.int().min(1).max(maxDepth).default(4).describe("the dial that decides everything else"),
  resume: z.string().optional().meta({ placeholder: "RUN" }).describe("go on with this run"),
  name: z.string().optional().describe("a name to find the run by"),
  seed: z.int().min(0).default(1).describe("of the initial values and the order of the data"),
  optimizer: z.enum(["adamw", "muon"]).default("adamw").describe("how to learn"),
  steps: z.int().min(1).optional().describe("optimizer steps instead of the dial's"),
  tokensPerParameter: z.number().positive().optional().describe("tokens for each parameter"),
  flops: z.number().positive().optional().describe("training compute that decides the tokens"),
  seqLen: z.int().min(2).optional().describe("tokens of a sequence"),
  batchSize: z.int().min(1).optional().describe("sequences of a step"),
  gradientAccumulation: z.int().min(1).optional().describe("parts that a batch is computed in"),
  learningRate: z.number().positive().optional().describe("peak learning rate"),
  weightDecay: z.number().min(0).optional().describe("decoupled weight decay"),
  textOnly: z.boolean().default(false).describe("no vision tower, even where data has images"),
  allowShareAlike: shareAlikeFlag,
  checkpointEvery: z.int().min(1).optional().describe("steps between checkpoints"),
  ...deviceFlags,
});

type TrainFlags = Readonly<z.output<typeof schema>>;

/** `foretoken train`: one training run, new or resumed. */
export const command = defineCommand({
  schema,
  positionals: ["recipe"],
  details:
    "Ctrl-C saves a checkpoint and ends with exit code 130; --resume RUN goes on from there, and\nends with the same bytes as a run that was never stopped.",
  run(flags, context) {
    return withWorkspace(context, async (workspace) => {
      const row =
        flags.resume === undefined
          ? await trainNew(workspace, flags, context)
          : await resume(workspace, flags.resume, context);
      context.stdout.write(summary(row, workspace));
      return { json: { run: row } };
    });
  },
});

async function trainNew(
  workspace: Workspace,
  flags: TrainFlags,
  context: Context,
): Promise<RunRow> {
  const recipe = await resolveRecipe(flags.recipe, {
    directory: context.directory,
    allowsShareAlike: flags.allowShareAlike,
  });
  const progress = dataProgress(context);
  const build = buildDataset(recipe, { workspaceFolder: workspace.folder });
  const dataset = await consume(build, progress.show).finally(progress.end);
  const manifest = await readManifest(dataset);
  const settings = await settingsOf(flags, {
    depth: flags.depth,
    vocabSize: manifest.tokenizer.vocabSize,
    longestImageSide: flags.textOnly ? undefined : imageSideOf(manifest),
    dataset,
    seed: flags.seed,
    device: flags.device,
    threads: flags.threads ?? availableParallelism(),
    ...given(flags, ["seqLen", "tokensPerParameter"]),
    overrides: given(flags, overridable),
  });
  return withRuntime(settings, async (runtime) => {
    const { name } = flags;
    const training = { kind: "train", settings, flags: context.flags } as const;
    const id = await createRun(
      { workspace, runtime },
      { ...training, ...(name !== undefined && { name }) },
    );
    return follow({ workspace, runtime, signal: context.signal }, id, context);
  });
}

async function settingsOf({ flops }: TrainFlags, choices: SettingsChoices): Promise<RunSettings> {
  if (flops === undefined) return settingsFromDial(choices);
  const dataset = await openDataset(choices.dataset);
  try {
    return settingsForCompute(choices, flops, dataset);
  } finally {
    await dataset.close();
  }
}

const overridable = [
  "optimizer",
  "steps",
  "batchSize",
  "gradientAccumulation",
  "learningRate",
  "weightDecay",
  "checkpointEvery",
] as const;

function given<Key extends keyof TrainFlags>(
  flags: TrainFlags,
  keys: readonly Key[],
): { [key in Key]?: NonNullable<TrainFlags[key]> } {
  const entries = keys.map((key) => [key, flags[key]]).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

async function resume(workspace: Workspace, name: string, context: Context): Promise<RunRow> {
  const id = await resumableRun(workspace, name);
  const { config } = await readRunConfig(join(workspace.runs, id));
  return withRuntime(config as unknown as RunSettings, (runtime) =>
    follow({ workspace, runtime, signal: context.signal }, id, context),
  );
}

/** The id of the run to go on with; one that was made and never started has a folder, but no row. */
async function resumableRun(workspace: Workspace, name: string): Promise<string> {
  const known = await findRun(workspace.database, name);
  if (known === undefined && existsSync(join(workspace.runs, name, "config.json"))) return name;
  const { id, status } = known ?? (await getRun(workspace.database, name));
  if (status !== "done") return id;
  throw new ConfigError(`run ${id} is done already; begin a new run, or resume another one`);
}

async function follow(
  training: Parameters<typeof trainRun>[0],
  id: string,
  context: Context,
): Promise<RunRow> {
  const progress = trainingProgress(context);
  return consume(trainRun(training, id), progress.show).finally(progress.end);
}

function summary(row: RunRow, workspace: Workspace): string {
  const where = join(workspace.runs, row.id);
  if (row.status !== "done") {
    return `${row.status} at step ${row.steps}; go on with: foretoken train --resume ${row.id}\n`;
  }
  const losses = Object.entries(row.losses).map(([name, loss]) => {
    const error = loss.standardError === null ? "" : ` ± ${loss.standardError.toFixed(3)}`;
    return `  ${name}: ${loss.nats.toFixed(3)}${error} nats per token, ${loss.bitsPerByte?.toFixed(3)} bits per byte\n`;
  });
  return [
    `run ${row.id}: held-out loss ${row.lossNats?.toFixed(3)} nats per token after ${formatFlops(row.flops)} in ${formatDuration(row.seconds)}\n`,
    ...losses,
    `  ${where}\n`,
  ].join("");
}
