import { z } from "zod";
import { lossOf } from "../../scaling/sealed-forecast.ts";
import { scorableTargets, scoreTarget } from "../../scaling/sealing.ts";
import { getRun } from "../../workspace/run-table.ts";
import { defineCommand } from "../command.ts";
import { scoreText } from "../forecast-text.ts";
import { withWorkspace } from "../with-workspace.ts";

/** `foretoken scaling score`: what came of sealed forecasts. */
export const command = defineCommand({
  schema: z.strictObject({
    run: z.string().optional().describe("a finished target; all unscored ones by default"),
  }),
  positionals: ["run"],
  run({ run }, context) {
    return withWorkspace(context, async (workspace) => {
      const ids =
        run === undefined
          ? await scorableTargets(workspace)
          : [(await getRun(workspace.database, run)).id];
      const scores = [];
      for (const id of ids) {
        for (const forecast of await scoreTarget(workspace, id)) {
          context.stdout.write(`${id}: ${scoreText(forecast, forecast.score)}`);
          scores.push({ ...forecast.score, loss: lossOf(forecast.sealed.target) });
        }
      }
      if (ids.length === 0) context.stdout.write("No sealed forecast waits for a score.\n");
      return { json: { scores } };
    });
  },
});
