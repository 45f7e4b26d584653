import { join } from "node:path";
import { buildDataset } from "../data/build.ts";
import { resolveRecipe } from "../data/builtin-recipes.ts";
import type { DataEvent } from "../data/data-event.ts";
import { type Dataset, openDataset } from "../data/dataset.ts";
import { ForetokenError } from "../errors.ts";
import type { CaptionsDelta } from "../evaluate/images/caption-evaluation.ts";
import type { CaptionedSet } from "../evaluate/images/image-evaluation.ts";
import type { PoemExample } from "../evaluate/images/poem-examples.ts";
import type { LogHeader, SampleRecord } from "../evaluate/log/sample-record.ts";
import type { TaskScore } from "../evaluate/primer/primer-tasks.ts";
import type { SampleEnd } from "../evaluate/run/run-eval.ts";
import type { ForecastStudy } from "../scaling/forecast.ts";
import {
  type LadderChoices,
  type LadderEvent,
  planLadder,
  planTarget,
  runPlanned,
} from "../scaling/ladder.ts";
import type { LossForecast } from "../scaling/ledger/ledger.ts";
import { type ScoredForecast, scoreTarget, sealTarget } from "../scaling/ledger/sealing.ts";
import type { TrainingContext } from "../train/train-run.ts";
import { checkpointFolder } from "../workspace/run-folder.ts";
import type { RunRow } from "../workspace/run-row.ts";
import { type Profile, type ProfileName, profiles } from "./profiles.ts";
import { showModel } from "./show-model.ts";

/** A step of the way. */
export type Stage = "data" | "ladder" | "forecast" | "target" | "score" | "model";

/** What the quickstart tells while it goes on. */
export type QuickstartEvent =
  | { readonly type: "stage-start"; readonly stage: Stage }
  | { readonly type: "dataset-opened"; readonly dataset: Dataset }
  | { readonly type: "ladder-end"; readonly rows: readonly RunRow[] }
  | {
      readonly type: "forecast-end";
      /** Of the total loss first. */
      readonly sealed: readonly LossForecast[];
      readonly studies: ReadonlyMap<string, ForecastStudy>;
    }
  | { readonly type: "score-end"; readonly forecasts: readonly ScoredForecast[] }
  | { readonly type: "completion-end"; readonly prompt: string; readonly text: string }
  | {
      readonly type: "tasks-start";
      readonly header: LogHeader;
      /** Those that were evaluated before. */
      readonly done: ReadonlyMap<string, SampleRecord>;
    }
  | SampleEnd
  | { readonly type: "tasks-end"; readonly scores: readonly TaskScore[] }
  | { readonly type: "captions-end"; readonly sets: readonly CaptionedSet[] }
  | CaptionsDelta
  | DataEvent
  | LadderEvent;

/** Everything that the quickstart found; what the report is made from. */
export interface QuickstartResult {
  readonly profile: ProfileName;
  readonly seed: number;
  readonly dataset: Pick<Dataset, "folder" | "manifest">;
  readonly ladder: readonly RunRow[];
  /** What each forecast was chosen from, by loss. */
  readonly studies: ReadonlyMap<string, ForecastStudy>;
  readonly target: RunRow;
  /** The sealed forecasts with their scores, that of the total loss first. */
  readonly forecasts: readonly ScoredForecast[];
  /** Folder of the trained model. */
  readonly model: string;
  readonly completions: readonly { readonly prompt: string; readonly text: string }[];
  readonly tasks: readonly TaskScore[];
  /** Log of the evaluation that they are from; undefined where the data has no questions. */
  readonly tasksLog: string | undefined;
  /** Of images that training has not seen; empty where the data has none. */
  readonly captions: readonly CaptionedSet[];
  /** Written to pictures that training has not seen; empty where the data has no `verses`. */
  readonly poems: readonly PoemExample[];
}

/** Why the quickstart ended before its end: the signal; nothing is lost, running it again goes on. */
export class QuickstartInterrupted extends ForetokenError {
  constructor() {
    super("training", "quickstart: interrupted; run the same command again to go on from here");
  }
}

/**
 * The whole way: a data set, a ladder of small runs, a sealed forecast, the run it is about, the
 * score, and the model at work. What is done already is not done again.
 *
 * @throws {QuickstartInterrupted} after the signal, when the run at work is saved
 */
export async function* quickstart(
  context: TrainingContext,
  options: { readonly profile: ProfileName; readonly seed: number },
): AsyncGenerator<QuickstartEvent, QuickstartResult> {
  const profile = profiles[options.profile];
  yield { type: "stage-start", stage: "data" };
  const recipe = await resolveRecipe(profile.recipe);
  const folder = yield* buildDataset(recipe, { workspaceFolder: context.workspace.folder });
  const dataset = await openDataset(folder);
  try {
    yield { type: "dataset-opened", dataset };
    const choices = ladderChoices(context, { ...options, ...profile, dataset });
    const forecast = yield* forecastAndTrain(context, choices, profile);
    yield { type: "stage-start", stage: "model" };
    const runFolder = join(context.workspace.runs, forecast.target.id);
    const model = join(checkpointFolder(runFolder, forecast.target.steps), "model");
    const shown = yield* showModel(context, dataset, { folder: model, run: forecast.target.id });
    if (shown === undefined) throw new QuickstartInterrupted();
    return { ...options, dataset, ...forecast, model, ...shown };
  } finally {
    await dataset.close();
  }
}

function ladderChoices(
  { runtime }: TrainingContext,
  options: Profile & { profile: ProfileName; seed: number; dataset: Dataset },
): LadderChoices {
  const { profile, rungs, tokensPerParameter, seed, dataset } = options;
  const { device, threads } = runtime;
  const shared = { rungs, tokensPerParameter, seed, dataset };
  return { ...shared, name: `quickstart-${profile}`, device, threads };
}

interface ForecastOutcome {
  readonly ladder: readonly RunRow[];
  readonly studies: ReadonlyMap<string, ForecastStudy>;
  readonly target: RunRow;
  readonly forecasts: readonly ScoredForecast[];
}

async function* forecastAndTrain(
  context: TrainingContext,
  choices: LadderChoices,
  profile: Profile,
): AsyncGenerator<QuickstartEvent, ForecastOutcome> {
  yield { type: "stage-start", stage: "ladder" };
  const plan = planLadder(choices);
  const flags = { quickstart: choices.name };
  const ladder = yield* runPlanned(context, plan, flags);
  if (ladder.length < plan.length) throw new QuickstartInterrupted();
  yield { type: "ladder-end", rows: ladder };

  yield { type: "stage-start", stage: "forecast" };
  const planned = planTarget(choices, profile.targetDepth);
  const { id, sealed, studies } = await sealTarget(context, planned, { rows: ladder, flags });
  yield { type: "forecast-end", sealed, studies };

  yield { type: "stage-start", stage: "target" };
  const [target] = yield* runPlanned(context, [planned], flags);
  if (target === undefined) throw new QuickstartInterrupted();

  yield { type: "stage-start", stage: "score" };
  const forecasts = await scoreTarget(context.workspace, id);
  yield { type: "score-end", forecasts };
  return { ladder, studies, target, forecasts };
}
