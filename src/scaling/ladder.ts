import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "../data/dataset.ts";
import { imageSideOf } from "../data/manifest.ts";
import { ScalingError } from "../errors.ts";
import { type RunSettings, settingsFromDial } from "../train/run-settings.ts";
import { meanSequenceFlops } from "../train/sequence-flops.ts";
import type { TrainEvent } from "../train/train-event.ts";
import { createRun, type TrainingContext, trainRun } from "../train/train-run.ts";
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
  return choices.rungs.flatMap(({ depth, seeds }) =>
    Array.from({ length: seeds }, (_, index) =>
      planRun(choices, { kind: "ladder", depth, offset: index * seedDistance }),
    ),
  );
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

/** What happens while a ladder runs. */
export type LadderEvent =
  | {
      readonly type: "rung-start";
      readonly index: number;
      readonly count: number;
      readonly name: string;
    }
  | {
      readonly type: "rung-end";
      readonly index: number;
      readonly row: RunRow;
      readonly reused: boolean;
    }
  | TrainEvent;

/**
 * Runs what of a plan is not done yet, resuming what was begun; a run that is done already is not
 * run again.
 *
 * @returns the rows in the plan's order; fewer when the signal stopped the work
 * @throws {TrainingError} when a run diverges; the others keep their results
 */
export async function* runPlanned(
  context: TrainingContext,
  plan: readonly PlannedRun[],
  flags: Readonly<Record<string, unknown>>,
): AsyncGenerator<LadderEvent, RunRow[]> {
  const rows: RunRow[] = [];
  for (const [index, planned] of plan.entries()) {
    yield { type: "rung-start", index, count: plan.length, name: planned.name };
    const known = await findPlanned(context, planned);
    const id = known?.id ?? (await createRun(context, { ...planned, flags }));
    const reused = known?.row?.status === "done";
    const row = yield* trainRun(context, id);
    if (row.status !== "done") return rows;
    rows.push(row);
    yield { type: "rung-end", index, row, reused };
  }
  return rows;
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
