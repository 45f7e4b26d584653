import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "../data/dataset.ts";
import { imageSideOf } from "../data/manifest.ts";
import { ScalingError } from "../errors.ts";
import { openRuntime } from "../tensor/runtime.ts";
import type { Runtime } from "../tensor/session.ts";
import { type RunSettings, settingsFromDial } from "../train/run-settings.ts";
import { meanSequenceFlops } from "../train/sequence-flops.ts";
import type { TrainEvent } from "../train/train-event.ts";
import { createRun, type TrainingContext, trainRun } from "../train/train-run.ts";
import { atOnce, mapEvents, type Work } from "../workspace/at-once.ts";
import { readRunConfig } from "../workspace/run-folder.ts";
import { readRunRow } from "../workspace/run-record.ts";
import type { RunKind, RunRow } from "../workspace/run-row.ts";

/** One run that a ladder or its target consists of. */
export interface PlannedRun {
  readonly kind: RunKind;
  readonly name: string;
  readonly settings: RunSettings;
  /** Exact matrix-product FLOPs of its training. */
  readonly flops: number;
}

/** One compute level of a ladder. */
export interface Rung {
  /** Dial setting. */
  readonly depth: number;
  /** Runs of it, each with its own seed: they measure the noise, and their mean has less of it. */
  readonly seeds: number;
}

/** What a ladder is planned from; everything else follows from the dial. */
export interface LadderChoices {
  /** The beginning of the runs' names. */
  readonly name: string;
  readonly rungs: readonly Rung[];
  /** First seed of every rung, and the target's. */
  readonly seed: number;
  readonly tokensPerParameter: number;
  readonly dataset: Dataset;
  readonly threads: number;
  readonly device: RunSettings["device"];
}

/** Further seeds lie this far apart, so that ladders with neighbouring seeds share none. */
const seedDistance = 1000;

/** The runs of a ladder: one recipe, optimizer and tokenizer for all, in the rungs' order. */
export function planLadder(choices: LadderChoices): readonly PlannedRun[] {
  const { device, threads } = choices;
  const plan = choices.rungs.flatMap(({ depth, seeds }) =>
    Array.from({ length: seeds }, (_, index) =>
      planRun(choices, { kind: "ladder", depth, offset: index * seedDistance }),
    ),
  );
  if (device !== "cpu") return plan;
  const share = plan.reduce((sum, { flops }) => sum + flops, 0) / threads;
  return plan.map((run) =>
    run.flops > largestShare * share ? run : { ...run, settings: { ...run.settings, threads: 1 } },
  );
}

/**
 * A small graph has no use for many threads, so that runs go side by side with one thread each; not
 * those with so much more than a thread's share of the ladder that the others would wait for them.
 */
const largestShare = 1.5;

/** Multiples of the learning rate at which the ends of a ladder are run again. */
export const checkedMultiples = [0.5, 2] as const;

/** A run of a ladder's end at another learning rate. */
export interface RateCheckRun extends PlannedRun {
  readonly multiple: number;
}

/** Runs of the smallest and the largest rung at half and twice the recipe's learning rate. */
export function planRateCheck(choices: LadderChoices): readonly RateCheckRun[] {
  const depths = choices.rungs.map(({ depth }) => depth).sort((a, b) => a - b);
  return [depths[0]!, depths.at(-1)!].flatMap((depth) => {
    const run = planRun(choices, { kind: "train", depth, offset: 0 });
    return checkedMultiples.map((multiple) => {
      const { learningRate, weightDecay } = run.settings;
      const settings = {
        ...run.settings,
        learningRate: multiple * learningRate,
        weightDecay: weightDecay / multiple, // the averages' memory stays as long
      };
      return { ...run, name: `${run.name}-rate-x${multiple}`, settings, multiple };
    });
  });
}

/** The run that the ladder is to forecast. */
export function planTarget(choices: LadderChoices, depth: number): PlannedRun {
  return planRun(choices, { kind: "target", depth, offset: 0 });
}

function planRun(
  choices: LadderChoices,
  run: { readonly kind: RunKind; readonly depth: number; readonly offset: number },
): PlannedRun {
  const seed = choices.seed + run.offset;
  const settings = settingsFromDial({
    depth: run.depth,
    vocabSize: choices.dataset.manifest.tokenizer.vocabSize,
    longestImageSide: imageSideOf(choices.dataset.manifest),
    tokensPerParameter: choices.tokensPerParameter,
    dataset: choices.dataset.folder,
    seed,
    device: choices.device,
    threads: choices.threads,
  });
  const name = `${choices.name}-d${run.depth}-s${seed}`;
  const flops = settings.steps * settings.batchSize * meanSequenceFlops(settings, choices.dataset);
  return { kind: run.kind, name, settings, flops };
}

/** What happens while planned runs go on, several of them at once; each event tells which run. */
export type LadderEvent =
  | { readonly type: "rung-start"; readonly run: PlannedRun; readonly plan: readonly PlannedRun[] }
  | { readonly type: "rung-delta"; readonly run: PlannedRun; readonly event: TrainEvent }
  | {
      readonly type: "rung-end";
      readonly run: PlannedRun;
      readonly row: RunRow;
      readonly reused: boolean;
    };

/**
 * Runs what of a plan is not done yet, resuming what was begun; a run that is done already is not
 * run again. Those of one thread go side by side, as many as the runtime has threads, then the
 * others one after another.
 *
 * @returns the rows in the plan's order; fewer when the signal stopped the work
 * @throws {TrainingError} when a run diverges; the others are saved and keep their results
 */
export async function* runPlanned(
  context: TrainingContext,
  plan: readonly PlannedRun[],
  flags: Readonly<Record<string, unknown>>,
): AsyncGenerator<LadderEvent, RunRow[]> {
  const { device, threads } = context.runtime;
  const isAlone = ({ settings }: PlannedRun) => settings.threads === threads;
  const beside = plan.filter((run) => !isAlone(run));
  const rows = new Map<PlannedRun, RunRow | undefined>();
  const failure = new AbortController();
  const signals = [failure.signal, ...(context.signal === undefined ? [] : [context.signal])];
  const signal = AbortSignal.any(signals);
  const work = (runtime: Runtime, run: PlannedRun) => () =>
    runOne({ ...context, runtime, signal }, run, { flags, plan });
  if (beside.length > 0) {
    const runtime = await openRuntime({ device, threads: 1 });
    try {
      const works = beside.map((run) => work(runtime, run));
      const ended = yield* atOnce(
        works.map((one) => orAbort(one, failure)),
        threads,
      );
      for (const [index, row] of ended.entries()) rows.set(beside[index]!, row);
    } finally {
      runtime.release();
    }
  }
  for (const run of plan.filter(isAlone)) rows.set(run, yield* work(context.runtime, run)());
  return plan.flatMap((run) => rows.get(run) ?? []).filter(({ status }) => status === "done");
}

/** Work whose failure stops the others. */
function orAbort<Event, Result>(work: Work<Event, Result>, others: AbortController) {
  return async function* (): AsyncGenerator<Event, Result> {
    try {
      return yield* work();
    } catch (error) {
      others.abort();
      throw error;
    }
  };
}

/** Runs one, unless it is done; undefined when the signal came before it began. */
async function* runOne(
  context: TrainingContext,
  run: PlannedRun,
  {
    flags,
    plan,
  }: { readonly flags: Readonly<Record<string, unknown>>; readonly plan: readonly PlannedRun[] },
): AsyncGenerator<LadderEvent, RunRow | undefined> {
  if (context.signal?.aborted === true) return undefined;
  yield { type: "rung-start", run, plan };
  const known = await findPlanned(context, run);
  const id = known?.id ?? (await createRun(context, { ...run, flags }));
  const reused = known?.row?.status === "done";
  const row = yield* mapEvents(
    trainRun(context, id),
    (event): LadderEvent => ({ type: "rung-delta", run, event }),
  );
  if (row.status === "done") yield { type: "rung-end", run, row, reused };
  return row;
}

/** A run of the workspace; its row is undefined when it was made but never started. */
export interface FoundRun {
  readonly id: string;
  readonly row: RunRow | undefined;
}

/** The run of this plan that the workspace already has: same name, settings and data. */
export async function findPlanned(
  { workspace }: Pick<TrainingContext, "workspace">,
  planned: PlannedRun,
): Promise<FoundRun | undefined> {
  const wanted = JSON.stringify(planned.settings);
  for (const id of (await readdir(workspace.runs)).sort()) {
    const folder = join(workspace.runs, id);
    const run = await readRunConfig(folder).catch(() => undefined); // a broken folder fits no plan
    if (run?.name !== planned.name || JSON.stringify(run.config) !== wanted) continue;
    const row = await readRunRow(folder);
    if (row?.status !== "diverged") return { id, row };
  }
  return undefined;
}

/**
 * Checks that runs can stand in one law.
 *
 * @throws {ScalingError} when they were measured on different held-out text, or not all finished
 */
export function checkComparable(rows: readonly RunRow[]): void {
  const unfinished = rows.filter(({ status, lossNats }) => status !== "done" || lossNats === null);
  if (unfinished.length > 0) {
    const names = unfinished.map(({ name, status }) => `${name} (${status})`).join(", ");
    throw new ScalingError(`ladder: expected finished runs, got ${names}; run the ladder again`);
  }
  const hashes = new Set(rows.map(({ evalHash }) => evalHash));
  if (hashes.size > 1) {
    throw new ScalingError(
      `ladder: expected runs measured on the same held-out text, got ${hashes.size} different sets; fit the runs of one data set and sequence length`,
    );
  }
}
