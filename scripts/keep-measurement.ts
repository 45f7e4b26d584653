/**
 * Keeps a scored forecast in the project, with its ladder and its target, without the paths of the
 * machine: `npx tsx scripts/keep-measurement.ts RUN docs/measurements/NAME.json`, RUN the target.
 */
import { writeFile } from "node:fs/promises";
import { basename, isAbsolute } from "node:path";
import { Ledger, type LedgerForecast } from "../src/scaling/ledger/ledger.ts";
import { passRatesFor } from "../src/scaling/ledger/pass-rate-sealing.ts";
import { getRun } from "../src/workspace/run-table.ts";
import { openWorkspace, workspaceFolder } from "../src/workspace/workspace.ts";

const [run, destination] = process.argv.slice(2);
if (run === undefined || destination === undefined)
  throw new Error("usage: keep-measurement RUN FILE");
const workspace = await openWorkspace(workspaceFolder());
const target = await getRun(workspace.database, run);
const ledger = new Ledger(workspace.database);
const [forecast] = await ledger.lossesFor(target.id);
if (forecast?.score === undefined) throw new Error(`${target.id}: no scored forecast`);
const ladder = [];
for (const { id } of forecast.sealed.fitRuns) ladder.push(await getRun(workspace.database, id));
const passRates = await passRatesFor(ledger, target.id);
const kept = withoutPaths({
  ...{ ladder, target, forecast: withoutPayload(forecast) },
  ...(passRates.length > 0 && { passRates: passRates.map(withoutPayload) }),
});
await writeFile(destination, `${JSON.stringify(kept, null, 1)}\n`);
await workspace.close();

/** A forecast without the text of its entry, which says what stands in `sealed`. */
function withoutPayload({ entry: { payload: _, ...entry }, ...rest }: LedgerForecast): object {
  return { ...rest, entry };
}

/** The value with every absolute path in it shortened to its last part. */
function withoutPaths(value: unknown): unknown {
  if (typeof value === "string") return isAbsolute(value) ? basename(value) : value;
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutPaths(one)]));
}
