import { z } from "zod";
import { Ledger } from "../../scaling/ledger/ledger.ts";
import { defineCommand } from "../command.ts";
import { withWorkspace } from "../with-workspace.ts";

/** `foretoken scaling verify`: whether the ledger is as it was written. */
export const command = defineCommand({
  schema: z.strictObject({
    hash: z.string().optional().describe("hash of an entry, such as the last, kept elsewhere"),
  }),
  run({ hash }, context) {
    return withWorkspace(context, async (workspace) => {
      const verdict = await new Ledger(workspace.database).verify(hash);
      for (const { index, problem } of verdict.problems) {
        context.stdout.write(`entry ${index}: ${problem}\n`);
      }
      context.stdout.write(verdict.isIntact ? "The ledger is intact.\n" : "TAMPERED.\n");
      return { json: verdict, exitCode: verdict.isIntact ? 0 : 1 };
    });
  },
});
