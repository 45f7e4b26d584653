import { z } from "zod";
import { planTarget } from "../../scaling/ladder.ts";
import type { LossForecast } from "../../scaling/ledger/ledger.ts";
import { totalLoss } from "../../scaling/ledger/sealed-forecast.ts";
import { sealTarget } from "../../scaling/ledger/sealing.ts";
import { defineCommand } from "../command.ts";
import { forecastText, sealedText } from "../forecast-text.ts";
import { ladderFlags, targetDepthFlag, withLadder } from "../ladder-flags.ts";
import { ladderRows } from "../ladder-rows.ts";
import { withRuntime } from "../with-workspace.ts";

/** `foretoken scaling seal`: a forecast written down before its run begins. */
export const command = defineCommand({
  schema: z.strictObject({ ...ladderFlags, targetDepth: targetDepthFlag }),
  positionals: ["dataset"],
  details:
    "Makes the target's run without starting it; train it with `foretoken train --resume RUN`,\nthen `foretoken scaling score RUN`.",
  run(flags, context) {
    return withLadder(context, flags, async ({ workspace, choices }) => {
      const rows = await ladderRows(workspace, choices);
      const target = planTarget(choices, flags.targetDepth);
      const { id, sealed, studies } = await withRuntime(choices, (runtime) =>
        sealTarget({ workspace, runtime }, target, { rows, flags: context.flags }),
      );
      context.stdout.write(forecastText(studies.get(totalLoss)!));
      for (const forecast of sealed) context.stdout.write(sealedText(forecast));
      const [total, ...parts] = sealed as [LossForecast, ...LossForecast[]];
      return { json: { run: id, entry: total.entry, forecast: total.sealed, parts } };
    });
  },
});
