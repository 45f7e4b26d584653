import { resolve } from "node:path";
import { z } from "zod";
import { ledgerPage } from "../../report/ledger-page.ts";
import { Ledger } from "../../scaling/ledger/ledger.ts";
import {
  type LedgerCalibration,
  ledgerCalibration,
} from "../../scaling/ledger/ledger-calibration.ts";
import { genesisHash } from "../../scaling/ledger/ledger-entry.ts";
import { writeFileAtomic } from "../../workspace/atomic-file.ts";
import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import { defineCommand } from "../command.ts";
import { scoreText, sealedText } from "../forecast-text.ts";
import { withWorkspace } from "../with-workspace.ts";

/** `foretoken scaling ledger`: every forecast ever sealed, misses included. */
export const command = defineCommand({
  schema: z.strictObject({
    out: z.string().optional().meta({ placeholder: "FILE.html" }).describe("a page of them all"),
  }),
  run({ out }, context) {
    return withWorkspace(context, async (workspace) => {
      const ledger = new Ledger(workspace.database);
      const entries = await ledger.entries();
      const forecasts = await ledger.forecasts();
      for (const forecast of forecasts) {
        context.stdout.write(sealedText(forecast));
        for (const remark of forecast.remarks) context.stdout.write(`  remark: ${remark}\n`);
        if (forecast.score) context.stdout.write(`  ${scoreText(forecast, forecast.score)}`);
        else context.stdout.write("  not scored yet\n");
      }
      const last = entries.at(-1);
      const calibration = ledgerCalibration(forecasts);
      const summary = calibration === undefined ? "" : calibrationText(calibration);
      context.stdout.write(summary);
      if (last === undefined) context.stdout.write("No forecast is sealed yet.\n");
      else context.stdout.write(`last entry ${last.index}, hash ${last.hash}\n`);
      if (out !== undefined) {
        const page = await ledgerPage({
          ...{ forecasts, summary, headHash: last?.hash ?? genesisHash },
          codeVersion: formatCodeVersion(codeVersion()),
          createdAt: new Date().toISOString(),
        });
        await writeFileAtomic(resolve(context.directory, out), page);
      }
      return { json: { entries, forecasts, calibration } };
    });
  },
});

function calibrationText(calibration: LedgerCalibration): string {
  const { scored, waiting, meanAbsoluteError, meanError, meanCrps, coverage } = calibration;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const held = coverage.map(({ level, inside, interval: { low, high } }) => {
    const range = `${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)} %`;
    return `${100 * level} % intervals held ${inside} of ${scored} (${range})`;
  });
  return [
    `${scored} scored, ${waiting} not yet: mean absolute error ${percent(meanAbsoluteError)}, mean error ${percent(meanError)}, CRPS ${percent(meanCrps)} of the loss\n`,
    `${held.join(", ")}\n`,
  ].join("");
}
