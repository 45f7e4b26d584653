import { availableParallelism } from "node:os";
import { z } from "zod";
import { openDataset } from "../data/dataset.ts";
import { resolveDataset } from "../data/resolve-dataset.ts";
import { ConfigError } from "../errors.ts";
import { maxDepth } from "../model/dial.ts";
import type { LadderChoices } from "../scaling/ladder.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { deviceFlags } from "./device-flags.ts";

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

/** What the ladder's flags mean; the data set is opened for the time of some work. */
export async function withLadder<Result>(
  workspace: Workspace,
  flags: Readonly<z.output<z.ZodObject<typeof ladderFlags>>>,
  work: (choices: LadderChoices) => Promise<Result>,
): Promise<Result> {
  const { depths, seeds } = flags;
  if (seeds.length !== 1 && seeds.length !== depths.length) {
    throw new ConfigError(
      `--seeds: expected one number, or one for each of the depths ${depths.join(",")}, got ${seeds.join(",")}`,
    );
  }
  const dataset = await openDataset(await resolveDataset(workspace.datasets, flags.dataset));
  try {
    return await work({
      name: flags.name,
      rungs: depths.map((depth, index) => ({ depth, seeds: seeds[index] ?? seeds[0]! })),
      seed: flags.seed,
      tokensPerParameter: flags.tokensPerParameter,
      dataset,
      device: flags.device,
      threads: flags.threads ?? availableParallelism(),
    });
  } finally {
    await dataset.close();
  }
}
