import { ScalingError } from "../../errors.ts";
import type { WorkspaceDatabase } from "../../workspace/database.ts";
import { ScalingRefusal } from "../refusal.ts";
import { canonicalJson } from "./canonical-json.ts";
import {
  entryHash,
  genesisHash,
  type LedgerEntry,
  type LedgerKind,
  type LedgerVerdict,
  verifyEntries,
} from "./ledger-entry.ts";
import {
  type ForecastScore,
  lossOf,
  type SealedForecast,
  type SealedLoss,
  scoreForecast,
  subjectOf,
  totalLoss,
} from "./sealed-forecast.ts";

/** A seal with the entry that holds it, and its score once there is one. */
export interface LedgerForecast<Sealed extends SealedForecast = SealedForecast> {
  readonly entry: LedgerEntry;
  readonly sealed: Sealed;
  readonly score: ForecastScore | undefined;
  /** Remarks that were added, first to last. */
  readonly remarks: readonly string[];
}

/** A forecast of a loss from a ladder. */
export type LossForecast = LedgerForecast<SealedLoss>;

/**
 * The ledger of forecasts in the workspace's database: append-only entries, each holding the hash
 * of the one before. Every check and its append are one transaction, so that several processes may
 * write at once.
 */
export class Ledger {
  readonly #database: WorkspaceDatabase;
  readonly #now: () => Date;

  constructor(database: WorkspaceDatabase, { now = () => new Date() } = {}) {
    this.#database = database;
    this.#now = now;
  }

  /** All entries, first to last. */
  entries(): Promise<readonly LedgerEntry[]> {
    return entriesOf(this.#database);
  }

  /** All forecasts, first to last, with their scores. */
  async forecasts(): Promise<readonly LedgerForecast[]> {
    return forecastsOf(await this.entries());
  }

  /** The forecasts of a target's losses, that of the total first. */
  async lossesFor(targetId: string): Promise<readonly LossForecast[]> {
    const found = (await this.forecasts()).filter(
      (forecast): forecast is LossForecast =>
        forecast.sealed.target.id === targetId && "lossNats" in forecast.sealed,
    );
    const isTotal = ({ sealed }: LossForecast) => Number(lossOf(sealed.target) === totalLoss);
    return found.toSorted((a, b) => isTotal(b) - isTotal(a));
  }

  /**
   * Seals a forecast of one thing of the target before its first step.
   *
   * @throws {ScalingRefusal} `target-in-fit`, `target-has-result`, `already-sealed`
   */
  seal(sealed: SealedForecast): Promise<LedgerEntry> {
    const { id } = sealed.target;
    const subject = subjectOf(sealed.target);
    if ("fitRuns" in sealed && sealed.fitRuns.some((run) => run.id === id)) {
      throw new ScalingRefusal(
        "target-in-fit",
        `Seal: the target ${id} is among the runs that the forecast was fitted to. Leave it out of the fit.`,
      );
    }
    return this.#append("seal", async (transaction, entries) => {
      const earlier = forecastsOf(entries).findLast(
        ({ sealed: { target } }) => target.id === id && subjectOf(target) === subject,
      );
      if (earlier?.entry.hash !== sealed.amends?.seal) {
        throw earlier === undefined
          ? unknownSeal(sealed.amends!.seal)
          : new ScalingRefusal(
              "already-sealed",
              `Seal: entry ${earlier.entry.index} already holds a forecast of the ${subject} for ${id}. Amend it, or forecast another run.`,
            );
      }
      await refuseResult(transaction, id);
      return sealed;
    });
  }

  /**
   * Writes down what came of a forecast; once for each.
   *
   * @param sealHash - the hash of the seal's entry
   * @param actual - in the forecast's unit
   * @throws {ScalingRefusal} `unknown-seal`, `already-scored`, `not-finite`
   */
  async score(sealHash: string, actual: number): Promise<ForecastScore> {
    const entry = await this.#append("score", (_, entries) => {
      const { sealed, score } = findSeal(entries, sealHash);
      const isRate = "passRate" in sealed;
      if (!(isRate ? actual >= 0 && actual <= 1 : actual > 0 && Number.isFinite(actual))) {
        const expected = isRate ? "a share from 0 to 1" : "a positive finite loss";
        throw new ScalingRefusal("not-finite", `Score: expected ${expected}, got ${actual}.`);
      }
      if (score !== undefined) {
        throw new ScalingRefusal(
          "already-scored",
          `Score: the forecast for ${sealed.target.id} was scored with ${score.actual}. Amend it if that was wrong.`,
        );
      }
      return scoreForecast(sealed, { seal: sealHash, actual });
    });
    return JSON.parse(entry.payload) as ForecastScore;
  }

  /**
   * Adds a remark to a forecast; what was written stays.
   *
   * @throws {ScalingRefusal} `unknown-seal`
   */
  amend(sealHash: string, note: string): Promise<LedgerEntry> {
    return this.#append("amend", (_, entries) => {
      findSeal(entries, sealHash);
      return { seal: sealHash, note } satisfies Remark;
    });
  }

  /**
   * Looks for any change to the ledger since it was written; see `verifyEntries`.
   *
   * @param knownHash - the hash of an entry, such as the last, that was kept elsewhere
   */
  async verify(knownHash?: string): Promise<LedgerVerdict> {
    return verifyEntries(await this.entries(), knownHash);
  }

  #append(kind: LedgerKind, payloadOf: PayloadOf): Promise<LedgerEntry> {
    return this.#database.transaction().execute(async (transaction) => {
      const entries = await entriesOf(transaction);
      const { isIntact, problems } = verifyEntries(entries);
      if (!isIntact) {
        throw new ScalingError(
          `Ledger: entry ${problems[0]?.index} was tampered with (${problems[0]?.problem}). Nothing is added to a broken ledger: restore the database from a copy.`,
        );
      }
      const unhashed = {
        index: entries.length,
        previousHash: entries.at(-1)?.hash ?? genesisHash,
        kind,
        time: this.#now().toISOString(),
        payload: canonicalJson(await payloadOf(transaction, entries)),
      };
      const entry = { ...unhashed, hash: entryHash(unhashed) };
      await transaction.insertInto("ledger").values(entry).execute();
      return entry;
    });
  }
}

type PayloadOf = (
  transaction: WorkspaceDatabase,
  entries: readonly LedgerEntry[],
) => object | Promise<object>;

async function entriesOf(database: WorkspaceDatabase): Promise<readonly LedgerEntry[]> {
  const rows = await database.selectFrom("ledger").selectAll().orderBy("index").execute();
  return rows as readonly LedgerEntry[];
}

/** A run that has a loss, or trained to its end, cannot be forecast any more. */
async function refuseResult(database: WorkspaceDatabase, id: string): Promise<void> {
  const run = await database
    .selectFrom("run")
    .select(["status", "lossNats"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (run === undefined || (run.lossNats === null && run.status !== "done")) return;
  throw new ScalingRefusal(
    "target-has-result",
    `Seal: the target ${id} already has a result (status ${run.status}, loss ${run.lossNats}). A forecast is sealed before its run; choose a new target.`,
  );
}

/** The payload of an `amend` entry. */
interface Remark {
  readonly seal: string;
  readonly note: string;
}

function forecastsOf(entries: readonly LedgerEntry[]): readonly LedgerForecast[] {
  const payloads = <Payload>(wanted: LedgerKind) =>
    entries.flatMap(({ kind, payload }) =>
      kind === wanted ? [JSON.parse(payload) as Payload] : [],
    );
  const scores = new Map(payloads<ForecastScore>("score").map((score) => [score.seal, score]));
  const remarks = payloads<Remark>("amend");
  return entries
    .filter(({ kind }) => kind === "seal")
    .map((entry) => ({
      entry,
      sealed: JSON.parse(entry.payload) as SealedForecast,
      score: scores.get(entry.hash),
      remarks: remarks.filter(({ seal }) => seal === entry.hash).map(({ note }) => note),
    }));
}

function findSeal(entries: readonly LedgerEntry[], hash: string): LedgerForecast {
  const found = forecastsOf(entries).find(({ entry }) => entry.hash === hash);
  if (found !== undefined) return found;
  throw unknownSeal(hash);
}

function unknownSeal(hash: string): ScalingRefusal {
  return new ScalingRefusal(
    "unknown-seal",
    `Ledger: no forecast is sealed under the hash ${hash}.`,
  );
}
