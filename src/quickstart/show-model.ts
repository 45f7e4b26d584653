import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Dataset } from "../data/dataset.ts";
import { readTestItems } from "../data/primer/test-items.ts";
import { CostMeter } from "../evaluate/cost/cost-meter.ts";
import { type CaptionedSet, evaluateCaptionSets } from "../evaluate/images/image-evaluation.ts";
import { poemExamples } from "../evaluate/images/poem-examples.ts";
import { openEvalLog, readBegunRun } from "../evaluate/log/eval-log.ts";
import { logHeader } from "../evaluate/log/log-header.ts";
import { type TaskSample, taskScores } from "../evaluate/primer/primer-tasks.ts";
import { runEval } from "../evaluate/run/run-eval.ts";
import { primerSamples, primerTask } from "../evaluate/tasks/primer.ts";
import type { LanguageModel } from "../language-model/language-model.ts";
import { localLanguageModel } from "../language-model/local-language-model.ts";
import { LocalModel } from "../language-model/local-model.ts";
import type { TrainingContext } from "../train/train-run.ts";
import { examplePrompts } from "./prompts.ts";
import type { QuickstartEvent, QuickstartResult } from "./quickstart.ts";

const completionTokens = 48;
const answerTokens = 32;
const shownPoems = 6;
const slots = 16;

type Shown = Pick<QuickstartResult, "completions" | "tasks" | "tasksLog" | "captions" | "poems">;

/** The model of a run. */
interface TrainedModel {
  readonly folder: string;
  readonly run: string;
}

/**
 * The model at work: texts that it writes, the data's test questions, images that it has not seen.
 *
 * @returns undefined when it was interrupted
 */
export async function* showModel(
  context: TrainingContext,
  dataset: Dataset,
  { folder, run }: TrainedModel,
): AsyncGenerator<QuickstartEvent, Shown | undefined> {
  const model = await LocalModel.open(context.runtime, folder, { slots });
  try {
    const texts = await model.complete(examplePrompts, { maxTokens: completionTokens });
    const completions = examplePrompts.map((prompt, index) => ({ prompt, text: texts[index]! }));
    for (const completion of completions) yield { type: "completion-end", ...completion };
    const asked = localLanguageModel(model, {
      name: run,
      slots,
      directory: context.workspace.folder,
    });
    const answered = yield* askQuestions(context, dataset, asked);
    if (answered === undefined) return undefined;
    const { samples, log: tasksLog } = answered;
    const tasks = taskScores(samples);
    yield { type: "tasks-end", scores: tasks };
    const captions = yield* showCaptions(model, dataset);
    const items = await readTestItems(dataset);
    const image = (number: number) => dataset.image(number);
    const poems = await poemExamples({ items, samples }, image, shownPoems);
    return { completions, tasks, tasksLog, captions, poems };
  } finally {
    model.release();
  }
}

interface Answered {
  readonly samples: readonly TaskSample[];
  readonly log: string | undefined;
}

/** Runs the evaluation of the test questions, whose log tells what was asked before. */
async function* askQuestions(
  { workspace, signal }: TrainingContext,
  dataset: Dataset,
  model: LanguageModel,
): AsyncGenerator<QuickstartEvent, Answered | undefined> {
  const items = await readTestItems(dataset);
  if (items.length === 0) return { samples: [], log: undefined };
  const image = (number: number) => dataset.image(number);
  const task = primerTask({ items, image, maxTokens: answerTokens });
  const samples = await task.samples();
  const header = logHeader({
    ...{ task: task.name, samples, models: [model.name], grader: null, seed: 0, maxSamples: null },
    arguments: { dataset: dataset.manifest.hash, maxTokens: answerTokens },
  });
  const path = join(workspace.folder, "evals", `${model.name}-${task.name}.jsonl`);
  await mkdir(dirname(path), { recursive: true });
  const { done, parts } = await readBegunRun(path, header, new CostMeter());
  const log = await openEvalLog(path, header);
  try {
    yield { type: "tasks-start", header, done };
    const run = { task, samples, policies: [model], grader: model, seed: 0, concurrency: slots };
    const { records, isWhole } = yield* runEval({ ...run, done, parts, log, signal });
    return isWhole ? { samples: primerSamples(items, records), log: path } : undefined;
  } finally {
    await log.close();
  }
}

/** How many concepts of a set are looked at, and how many captions written. */
const captionSample = { mostConcepts: 100, examples: 12, seed: 1 } as const;

async function* showCaptions(
  model: LocalModel,
  dataset: Dataset,
): AsyncGenerator<QuickstartEvent, CaptionedSet[]> {
  if (model.config.vision === undefined) return [];
  const sets = yield* evaluateCaptionSets({ model, dataset, ...captionSample });
  if (sets.length > 0) yield { type: "captions-end", sets };
  return sets;
}
