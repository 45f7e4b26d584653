import { z } from "zod";
import { Ledger } from "../../scaling/ledger/ledger.ts";
import { ScalingRefusal } from "../../scaling/refusal.ts";
import { defineCommand } from "../command.ts";
import { withWorkspace } from "../with-workspace.ts";

/** `foretoken scaling amend`: a remark on a forecast; what was written stays. */
export const command = defineCommand({
  schema: z.strictObject({
    entry: z.int().min(0).describe("number of the seal, as `scaling ledger` shows it"),
    note: z.string().min(1).describe("the remark"),
  }),
  positionals: ["entry"],
  run({ entry, note }, context) {
    return withWorkspace(context, async ({ database }) => {
      const ledger = new Ledger(database);
      const sealed = (await ledger.forecasts()).find((one) => one.entry.index === entry);
      if (sealed === undefined) {
        throw new ScalingRefusal("unknown-seal", `Amend: entry ${entry} is no sealed forecast.`);
      }
      const added = await ledger.amend(sealed.entry.hash, note);
      context.stdout.write(`entry ${added.index} amends entry ${entry}, hash ${added.hash}\n`);
      return { json: { entry: added } };
    });
  },
});
