import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import type { WorkspaceDatabase } from "../../workspace/database.ts";
import type { LawPlace, LawRow } from "../laws/law-form.ts";
import { ScalingRefusal } from "../refusal.ts";
import type { Outlook } from "../tables/table-forecast.ts";
import { canonicalHash } from "./canonical-json.ts";
import { Ledger, type LedgerForecast } from "./ledger.ts";
import { type SealedTableLoss, sealLevels } from "./sealed-forecast.ts";

/** A run of this share of the target's compute is taken for the target itself. */
const sameCompute = 0.01;

/**
 * Seals the forecast of a run that is trained elsewhere.
 *
 * @param target - a name for it, its place, and the column that its loss stands in
 * @param table - the rows that the forecast was made from, and what was set
 * @throws {ScalingRefusal} as `Ledger.seal`; `target-in-fit` when a row has the target's compute
 */
export async function sealTableLoss(
  database: WorkspaceDatabase,
  target: { readonly name: string; readonly place: LawPlace; readonly loss: string },
  {
    seen,
    rows,
    configuration,
    amend: why,
  }: {
    readonly seen: Outlook;
    readonly rows: readonly LawRow[];
    readonly configuration: Readonly<Record<string, unknown>>;
    /** Why it is sealed beside one that the target has. */
    readonly amend?: string | undefined;
  },
): Promise<LedgerForecast> {
  const { name, place, loss } = target;
  const twin = rows.find(({ n, d, c }) => {
    const pairs = [
      [c, place.c],
      [n, place.n],
      [d, place.d],
    ] as const;
    return pairs.every(
      ([one, asked]) => Number.isNaN(asked) || Math.abs(one / asked - 1) < sameCompute,
    );
  });
  if (twin !== undefined) {
    throw new ScalingRefusal(
      "target-in-fit",
      `Seal: the table holds a run of the target's ${place.c.toExponential(2)} FLOP (loss ${twin.loss}). A forecast is sealed before its run; leave that one out with --filter, or forecast a larger one.`,
    );
  }
  const forecast = seen.at(place);
  const ledger = new Ledger(database);
  const known = (value: number) => (Number.isNaN(value) ? null : value);
  const data = rows.map(({ n, d, c, loss: own }) => ({
    n: known(n),
    d: known(d),
    c: known(c),
    loss: own,
  }));
  const before = (await tableLossesFor(ledger, name)).at(-1);
  const { hash } = await ledger.seal({
    target: { id: name, flops: place.c, loss },
    tableLoss: forecast.loss,
    standardDeviation: forecast.loss * forecast.spread.total,
    intervals: sealLevels.map((level) => forecast.interval(level)),
    extrapolation: forecast.extrapolation,
    chosen: seen.chosen.name,
    parameters: seen.chosen.law!.fit.parameters,
    place: { n: known(place.n), d: known(place.d) },
    rows: rows.length,
    fitDataHash: canonicalHash(data),
    codeVersion: formatCodeVersion(codeVersion()),
    configuration,
    ...(before && why !== undefined && { amends: { seal: before.entry.hash, why } }),
  });
  return (await ledger.forecasts()).find(({ entry }) => entry.hash === hash)!;
}

/** The forecasts of a run that were sealed under a name, first to last. */
async function tableLossesFor(ledger: Ledger, name: string) {
  return (await ledger.forecasts()).filter(
    (forecast): forecast is LedgerForecast<SealedTableLoss> =>
      forecast.sealed.target.id === name && "tableLoss" in forecast.sealed,
  );
}

/**
 * Scores the forecasts of a run that was trained elsewhere.
 *
 * @param actual - its loss, in the table's unit
 * @throws {ScalingRefusal} `unknown-seal`, `already-scored`, `not-finite`
 */
export async function scoreTableLoss(
  database: WorkspaceDatabase,
  name: string,
  actual: number,
): Promise<readonly LedgerForecast<SealedTableLoss>[]> {
  const ledger = new Ledger(database);
  const found = await tableLossesFor(ledger, name);
  if (found.length === 0) {
    throw new ScalingRefusal(
      "unknown-seal",
      `Score: no forecast from a table is sealed for "${name}"; \`foretoken scaling ledger\` lists them.`,
    );
  }
  const scored = [];
  for (const one of found) {
    scored.push({ ...one, score: await ledger.score(one.entry.hash, actual) });
  }
  return scored;
}
