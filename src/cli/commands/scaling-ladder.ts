import { z } from "zod";
import { planLadder, runPlanned } from "../../scaling/ladder.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import { ladderFlags, withLadder } from "../ladder-flags.ts";
import { ladderProgress, ladderTable } from "../ladder-progress.ts";
import { withRuntime } from "../with-workspace.ts";

/** `foretoken scaling ladder`: the small runs that a forecast is made from. */
export const command = defineCommand({
  schema: z.strictObject(ladderFlags),
  positionals: ["dataset"],
  details: "Runs that are done are not run again; what was interrupted is resumed.",
  run(flags, context) {
    return withLadder(context, flags, async ({ workspace, choices }) => {
      const plan = planLadder(choices);
      const progress = ladderProgress(context);
      const rows = await withRuntime(choices, (runtime) => {
        const training = { workspace, runtime, signal: context.signal };
        return consume(runPlanned(training, plan, context.flags), progress.show);
      }).finally(progress.end);
      context.stdout.write(ladderTable(rows));
      return { json: { runs: rows } };
    });
  },
});
