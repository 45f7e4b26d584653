import { availableParallelism } from "node:os";
import { z } from "zod";
import { openDataset } from "../data/dataset.ts";
import { resolveDataset } from "../data/resolve-dataset.ts";
import { ConfigError } from "../errors.ts";
import { maxDepth } from "../model/dial.ts";
import type { LadderChoices } from "../scaling/ladder.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { Context } from "./context.ts";
import { deviceFlags } from "./device-flags.ts";
import { withWorkspace } from "./with-workspace.ts";

const numberList = z
  .string()
  .regex(/^[1-9]\d*(,[1-9]\d*)*$/, "expected numbers separated by commas, such as 1,2,3,4,5")
  .transform((text) => text.split(",").map(Number));

/** Flags that name a ladder: the same flags give the same runs. */
export const ladderFlags = {
  dataset: z.string().describe("a data set's folder, or its name in the workspace"),
  depths: numberList.default([1, 2, 3, 4, 5]).describe("dial settings of the rungs"),
  seeds: numberList.default([3, 3, 3, 4, 4]).describe("runs of each rung, or one number for all"),
  seed: z.int().min(0).default(1).describe("first seed of every rung, and the target's"),
  name: z.string().default("ladder").describe("beginning of the runs' names"),
  tokensPerParameter: z.number().positive().default(20).describe("tokens for each parameter"),
  ...deviceFlags,
} as const;

/** The value of the flag that chooses a target. */
export const targetDepthFlag = z
  .int()
  .min(1)
  .max(maxDepth)
  .describe("dial setting of the run to forecast");

/** What a command of ladders works with. */
export interface LadderWork {
  readonly workspace: Workspace;
  /** What the ladder's flags mean; its data set is open. */
  readonly choices: LadderChoices;
}

/** Opens the workspace and the ladder's data set for the time of some work. */
export function withLadder<Result>(
  context: Context,
  flags: Readonly<z.output<z.ZodObject<typeof ladderFlags>>>,
  work: (ladder: LadderWork) => Promise<Result>,
): Promise<Result> {
  const { depths, seeds, name, seed, tokensPerParameter, device } = flags;
  if (seeds.length !== 1 && seeds.length !== depths.length) {
    throw new ConfigError(
      `--seeds: expected one number, or one for each of the depths ${depths.join(",")}, got ${seeds.join(",")}`,
    );
  }
  const rungs = depths.map((depth, index) => ({ depth, seeds: seeds[index] ?? seeds[0]! }));
  const threads = flags.threads ?? availableParallelism();
  return withWorkspace(context, async (workspace) => {
    const places = { datasets: workspace.datasets, directory: context.directory };
    const dataset = await openDataset(await resolveDataset(places, flags.dataset));
    const choices = { name, rungs, seed, tokensPerParameter, dataset, device, threads };
    try {
      return await work({ workspace, choices });
    } finally {
      await dataset.close();
    }
  });
}
