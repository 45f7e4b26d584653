import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { forecastLoss } from "../../scaling/forecast.ts";
import { planTarget } from "../../scaling/ladder.ts";
import { ladderPoints } from "../../scaling/ledger/sealing.ts";
import { defineCommand } from "../command.ts";
import { forecastText } from "../forecast-text.ts";
import { ladderFlags, targetDepthFlag, withLadder } from "../ladder-flags.ts";
import { ladderRows } from "../ladder-rows.ts";
import { whichRuns } from "../run-table-flags.ts";
import { forecastTable, tableTargetFlags } from "../table-forecast.ts";

const schema = z.strictObject({
  ...ladderFlags,
  dataset: ladderFlags.dataset.optional(),
  ...tableTargetFlags,
  targetDepth: targetDepthFlag.optional(),
});

/** `foretoken scaling forecast`: the loss of a larger run, without sealing it. */
export const command = defineCommand({
  schema,
  positionals: ["dataset"],
  details:
    "Of a table of runs: --data runs.csv --n params --d tokens --loss final_loss --target-compute 1e23.\nThe law is chosen by what it forecast inside the table; where the lowest loss of each compute is known\nthe target is taken as compute-optimal, unless --target-n and --target-d say a size far from that.",
  async run(flags, context) {
    const { dataset, ...rest } = flags;
    if (whichRuns("scaling forecast", flags) === "table") {
      return { json: await forecastTable(flags, context) };
    }
    if (flags.seal !== undefined) {
      throw new ConfigError(
        "scaling forecast: --seal is of tables; seal a ladder's target with `foretoken scaling seal`",
      );
    }
    return withLadder(context, { ...rest, dataset: dataset! }, async ({ workspace, choices }) => {
      const { targetDepth, targetCompute } = flags;
      if ((targetDepth === undefined) === (targetCompute === undefined)) {
        throw new ConfigError("scaling forecast: give either --target-depth or --target-compute");
      }
      const points = ladderPoints(await ladderRows(workspace, choices));
      const flops = targetCompute ?? planTarget(choices, targetDepth!).flops;
      const study = forecastLoss(points, flops);
      context.stdout.write(forecastText(study));
      return { json: { forecast: study.forecast } };
    });
  },
});
