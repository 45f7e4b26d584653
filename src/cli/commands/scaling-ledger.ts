import { z } from "zod";
import { Ledger } from "../../scaling/ledger.ts";
import { defineCommand } from "../command.ts";
import { scoreText, sealedText } from "../forecast-text.ts";
import { withWorkspace } from "../with-workspace.ts";

/** `foretoken scaling ledger`: every forecast ever sealed, misses included. */
export const command = defineCommand({
  schema: z.strictObject({}),
  run(_flags, context) {
    return withWorkspace(context, async (workspace) => {
      const ledger = new Ledger(workspace.database);
      const entries = await ledger.entries();
      const forecasts = await ledger.forecasts();
      for (const forecast of forecasts) {
        context.stdout.write(sealedText(forecast));
        if (forecast.score) context.stdout.write(`  ${scoreText(forecast, forecast.score)}`);
        else context.stdout.write("  not scored yet\n");
      }
      const last = entries.at(-1);
      if (last === undefined) context.stdout.write("No forecast is sealed yet.\n");
      else context.stdout.write(`last entry ${last.index}, hash ${last.hash}\n`);
      return { json: { entries, forecasts } };
    });
  },
});
