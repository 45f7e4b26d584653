import { z } from "zod";
import { fitLossLaw } from "../../scaling/fit.ts";
import { ladderPoints } from "../../scaling/sealing.ts";
import { defineCommand } from "../command.ts";
import { ladderFlags, withLadder } from "../ladder-flags.ts";
import { ladderTable } from "../ladder-progress.ts";
import { ladderRows } from "../ladder-rows.ts";

/** `foretoken scaling fit`: the loss law of a ladder. */
export const command = defineCommand({
  schema: z.strictObject(ladderFlags),
  positionals: ["dataset"],
  run(flags, context) {
    return withLadder(context, flags, async ({ workspace, choices }) => {
      const rows = await ladderRows(workspace, choices);
      const fit = fitLossLaw(ladderPoints(rows));
      const { a, b, c } = fit.law;
      context.stdout.write(ladderTable(rows));
      context.stdout.write(
        `L(C) = a C^b + c: a ${a.toPrecision(4)}, b ${b.toFixed(4)}, c ${c.toFixed(4)}\n`,
      );
      return { json: { fit, runs: rows } };
    });
  },
});
