import { availableParallelism } from "node:os";
import { z } from "zod";
import { openDataset } from "../data/dataset.ts";
import { resolveDataset } from "../data/resolve-dataset.ts";
import { ConfigError } from "../errors.ts";
import { maxDepth } from "../model/dial.ts";
import type { LadderChoices } from "../scaling/ladder.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { deviceFlags } from "./device-flags.ts";

const depthList = z
  .string()
  .regex(/^\d+(,\d+)*$/, "expected depths separated by commas, such as 1,2,3,4,5")
  .transform((text) => text.split(",").map(Number));

/** Flags that name a ladder: the same flags give the same runs. */
export const ladderFlags = {
  dataset: z.string().describe("a data set's folder, or its name in the workspace"),
  depths: depthList.default([1, 2, 3, 4, 5]).describe("dial settings of the rungs"),
  repeat: depthList.default([1, 3]).describe("rungs that are run with a second seed"),
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
  const stray = flags.repeat.filter((depth) => !flags.depths.includes(depth));
  if (stray.length > 0) {
    throw new ConfigError(
      `--repeat: expected some of the depths ${flags.depths.join(",")}, got ${stray.join(",")}`,
    );
  }
  const dataset = await openDataset(await resolveDataset(workspace.datasets, flags.dataset));
  try {
    return await work({
      name: flags.name,
      depths: flags.depths,
      repeatedDepths: flags.repeat,
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
