import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { forecastLoss } from "../../scaling/forecast.ts";
import { planTarget } from "../../scaling/ladder.ts";
import { ladderPoints } from "../../scaling/sealing.ts";
import { defineCommand } from "../command.ts";
import { forecastText } from "../forecast-text.ts";
import { ladderFlags, targetDepthFlag, withLadder } from "../ladder-flags.ts";
import { ladderRows } from "../ladder-rows.ts";

/** `foretoken scaling forecast`: the loss of a larger run, without sealing it. */
export const command = defineCommand({
  schema: z.strictObject({
    ...ladderFlags,
    targetDepth: targetDepthFlag.optional(),
    targetFlops: z.number().positive().optional().describe("training compute to forecast at"),
  }),
  positionals: ["dataset"],
  run(flags, context) {
    return withLadder(context, flags, async ({ workspace, choices }) => {
      const { targetDepth, targetFlops } = flags;
      if ((targetDepth === undefined) === (targetFlops === undefined)) {
        throw new ConfigError("scaling forecast: give either --target-depth or --target-flops");
      }
      const points = ladderPoints(await ladderRows(workspace, choices));
      const flops = targetFlops ?? planTarget(choices, targetDepth!).flops;
      const study = forecastLoss(points, flops);
      context.stdout.write(forecastText(study));
      return { json: { forecast: study.forecast } };
    });
  },
});
