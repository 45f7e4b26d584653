import { resolve } from "node:path";
import { z } from "zod";
import { type Dataset, openDataset } from "../../data/dataset.ts";
import { resolveDataset } from "../../data/resolve-dataset.ts";
import { ConfigError, DataError } from "../../errors.ts";
import {
  type CaptionedSet,
  evaluateCaptionSets,
  evaluateVisualQuestions,
} from "../../evaluate/images/image-evaluation.ts";
import { imageReport } from "../../report/image-report.ts";
import { captionedSetData } from "../../report/image-section.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import { findRun } from "../../workspace/run-table.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { captionProgress, captionTable, comparisonText } from "../caption-table.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import type { Context } from "../context.ts";
import { deviceFlags } from "../device-flags.ts";
import { runDataset } from "../run-dataset.ts";
import { type ModelFlags, withModel } from "../with-model.ts";
import { withWorkspace } from "../with-workspace.ts";

const schema = z.strictObject({
  model: z.string().describe("a model's folder, or a run's id or name"),
  dataset: z
    .string()
    .optional()
    .describe("data set with images that were kept out; the run's own by default"),
  against: z
    .string()
    .optional()
    .meta({ placeholder: "MODEL" })
    .describe("another model that is asked the questions too, such as one without images"),
  candidates: z.int().min(2).default(100).describe("captions that the right one is among"),
  concepts: z.int().min(2).default(500).describe("concepts of a set that are looked at, at most"),
  examples: z.int().min(0).default(24).describe("captions that are written for each set"),
  seed: z.int().min(0).default(1).describe("of groups, stand-ins and examples"),
  out: z.string().optional().meta({ placeholder: "FILE.html" }).describe("a page with the images"),
  ...deviceFlags,
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken measure images`: captions and questions on images that training has not seen. */
export const command = defineCommand({
  schema,
  positionals: ["model"],
  details:
    "Captions: the loss behind their own image and behind that of another concept, and the share of\nimages whose caption comes first among the candidates, for each style that was kept out of training\nand for concepts that training saw in no style. Questions: exact answers, by task and difficulty.",
  run(flags, context) {
    return withWorkspace(context, async (workspace) => {
      const folder = await datasetFolder(flags, workspace, context);
      const dataset = await openDataset(folder);
      try {
        return { json: await measure(flags, dataset, context) };
      } finally {
        await dataset.close();
      }
    });
  },
});

async function datasetFolder(
  { model, dataset }: Flags,
  workspace: Workspace,
  { directory }: Context,
): Promise<string> {
  const { datasets } = workspace;
  if (dataset !== undefined) return resolveDataset({ datasets, directory }, dataset);
  const run = await findRun(workspace.database, model);
  if (run === undefined) {
    throw new ConfigError(
      `measure images: expected --dataset, because "${model}" is no run of the workspace; name a data set with images, such as that of the recipe sight`,
    );
  }
  return runDataset(workspace, run.id);
}

async function measure(flags: Flags, dataset: Dataset, context: Context): Promise<object> {
  const slots = 16;
  return withModel(context, { flags, slots }, async (model) => {
    if (model.config.vision === undefined) {
      throw new ConfigError(
        `measure images: ${flags.model} has no vision tower and reads text alone; measure a model that was trained with images, and name this one with --against`,
      );
    }
    const { candidates, concepts: mostConcepts, examples, seed } = flags;
    const choice = { candidates, mostConcepts, examples, seed };
    const sets = await captionSets(context, { model, dataset, ...choice });
    if (sets.length > 0) context.stdout.write(captionTable(sets));
    const questions = await withBaseline(context, flags, (baseline) =>
      evaluateVisualQuestions(dataset, model, baseline),
    );
    if (sets.length === 0 && questions.samples.length === 0) {
      throw new DataError(
        `measure images: expected captions of images that were kept out, or questions about drawings, found neither in ${dataset.folder}; keep some out (split.heldout, heldoutOnly) or add a drawing source`,
      );
    }
    context.stdout.write(comparisonText(questions));
    if (flags.out !== undefined) await writePage({ flags, sets, questions, dataset }, context);
    const captions = sets.map(({ examples: _, ...results }) => results);
    return { dataset: dataset.folder, captions, questions };
  });
}

async function captionSets(
  context: Context,
  evaluation: Parameters<typeof evaluateCaptionSets>[0],
): Promise<CaptionedSet[]> {
  const progress = captionProgress(context);
  return consume(evaluateCaptionSets(evaluation), (event) => {
    context.signal.throwIfAborted();
    progress.show(event);
  }).finally(progress.end);
}

type Model = Parameters<Parameters<typeof withModel>[2]>[0];

/** Opens the other model, if there is one, for the time of some work. */
async function withBaseline<Result>(
  context: Context,
  flags: Flags,
  work: (baseline: Model | undefined) => Promise<Result>,
): Promise<Result> {
  if (flags.against === undefined) return work(undefined);
  const other: ModelFlags = { ...flags, model: flags.against };
  return withModel(context, { flags: other, slots: 16 }, work);
}

interface Measured {
  readonly flags: Flags;
  readonly sets: readonly CaptionedSet[];
  readonly questions: Awaited<ReturnType<typeof evaluateVisualQuestions>>;
  readonly dataset: Dataset;
}

async function writePage(
  { flags, sets, questions, dataset }: Measured,
  context: Context,
): Promise<void> {
  const path = resolve(context.directory, flags.out!);
  const against = flags.against === undefined ? "" : ` --against ${flags.against}`;
  const page = imageReport({
    model: flags.model,
    baseline: flags.against,
    dataset: dataset.manifest.hash,
    createdAt: new Date().toISOString(),
    command: `foretoken measure images ${flags.model}${against} --seed ${flags.seed}`,
    codeVersion: formatCodeVersion(codeVersion()),
    sets: await Promise.all(sets.map((set) => captionedSetData(set, dataset.manifest))),
    comparison: questions.comparison,
  });
  await writeFileAtomic(path, page);
  context.stdout.write(`page with the images: ${path}\n`);
}
