import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, type WorkspaceDatabase } from "../../workspace/database.ts";
import { exampleRow } from "../../workspace/run-row.fixture.ts";
import type { RunRow } from "../../workspace/run-row.ts";
import { forecastLoss } from "../forecast.ts";
import { lossAt } from "../loss-law.ts";
import { Ledger } from "./ledger.ts";
import { entryHash, genesisHash, type LedgerEntry, verifyEntries } from "./ledger-entry.ts";
import { type SealedLoss, sealedLoss } from "./sealed-forecast.ts";

const fitRuns = [1e10, 4e10, 1.6e11, 6.4e11, 2.5e12].map((flops, index) => ({
  id: `rung-${index}`,
  flops,
  lossNats: lossAt({ a: 60, b: -0.12, c: 1.2 }, flops),
  seed: 0,
}));
const { forecast } = forecastLoss(fitRuns, 1e14, { draws: 100 });
const request = (id: string, loss?: string): SealedLoss =>
  sealedLoss({
    target: { id, flops: 1e14, seed: 1, ...(loss !== undefined && { loss }) },
    forecast,
    fitRuns,
    codeVersion: "abc123",
    configuration: { depth: 6, seqLen: 128 },
  });

let folder: string;
let database: WorkspaceDatabase;
let ledger: Ledger;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "ledger-"));
  database = await openDatabase(join(folder, "foretoken.db"));
  let clock = Date.UTC(2026, 0, 1);
  const now = () => {
    clock += 1000;
    return new Date(clock);
  };
  ledger = new Ledger(database, { now });
});

afterEach(async () => {
  await database.destroy();
  rmSync(folder, { recursive: true });
});

async function reasonOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    return `${(error as { reason?: string }).reason}: ${(error as Error).message}`;
  }
  return "accepted";
}

describe("sealing and scoring", () => {
  test("a seal holds all that the forecast came from", async () => {
    const entry = await ledger.seal(request("target"));
    expect(entry).toMatchObject({ index: 0, previousHash: genesisHash, kind: "seal" });
    expect(entry.time).toBe("2026-01-01T00:00:01.000Z");
    const [found] = await ledger.lossesFor("target");
    expect(found?.sealed).toMatchObject({
      lossNats: forecast.lossNats,
      codeVersion: "abc123",
      configuration: { depth: 6, seqLen: 128 },
      rule: forecast.rule,
      fitRuns,
    });
    expect(found?.sealed.fitDataHash).toMatch(/^[0-9a-f]{64}$/);
    expect(found?.sealed.candidates.length).toBeGreaterThan(3);
    expect(found?.score).toBeUndefined();
  });

  test("a score adds the error, the cover, z and CRPS", async () => {
    const { hash } = await ledger.seal(request("target"));
    const score = await ledger.score(hash, forecast.lossNats);
    expect(score).toMatchObject({ error: 0, relativeError: 0, z: 0, isInside80: true });
    // CRPS of a normal at its mean: sd * (sqrt(2) - 1) / sqrt(pi).
    expect(score.crps).toBeCloseTo(0.23369498 * forecast.standardDeviation, 7);
    expect((await ledger.lossesFor("target"))[0]?.score).toEqual(score);
  });

  test("each loss of a target has a forecast and a score of its own, the total first", async () => {
    const ofCode = await ledger.seal(request("target", "code"));
    const total = await ledger.seal(request("target"));
    await ledger.score(ofCode.hash, 1.5);
    const found = await ledger.lossesFor("target");
    expect(found.map(({ entry }) => entry.hash)).toEqual([total.hash, ofCode.hash]);
    expect(found.map(({ score }) => score?.actual)).toEqual([undefined, 1.5]);
    const again = () => ledger.seal(request("target", "code"));
    expect(await reasonOf(again)).toMatch(/^already-sealed: .*of the code loss for target/);
  });

  test("a miss is written down as a miss", async () => {
    const { hash } = await ledger.seal(request("target"));
    const score = await ledger.score(hash, 2 * forecast.lossNats);
    expect(score.relativeError).toBeCloseTo(-0.5, 12);
    expect([score.isInside80, score.isInside95]).toEqual([false, false]);
    expect(score.z).toBeGreaterThan(3);
    expect(score.crps).toBeGreaterThan(0.5 * forecast.lossNats);
  });

  test("amendments are new entries", async () => {
    const { hash } = await ledger.seal(request("target"));
    await ledger.amend(hash, "the held-out set had a typing error");
    expect((await ledger.entries()).map(({ kind }) => kind)).toEqual(["seal", "amend"]);
    const [{ remarks } = { remarks: [] }] = await ledger.forecasts();
    expect(remarks).toEqual(["the held-out set had a typing error"]);
  });

  test("a second forecast stands beside the first when it names it; both are scored", async () => {
    const first = await ledger.seal(request("target"));
    const amends = { seal: first.hash, why: "a rung was added" };
    const second = await ledger.seal({ ...request("target"), lossNats: 2, amends });
    // the first is no longer the last
    expect(await reasonOf(() => ledger.seal({ ...request("target"), amends }))).toMatch(
      /^already-sealed: Seal: entry 1 /,
    );
    expect(await reasonOf(() => ledger.seal({ ...request("other"), amends }))).toMatch(/^unknown/);
    await ledger.score(first.hash, 1.5);
    await ledger.score(second.hash, 1.5);
    const found = await ledger.lossesFor("target");
    expect(found.map(({ score }) => score?.error)).toEqual([forecast.lossNats - 1.5, 0.5]);
  });
});

describe("refusals", () => {
  test("a target among the fit runs", async () => {
    expect(await reasonOf(async () => ledger.seal(request("rung-3")))).toMatch(
      /^target-in-fit: Seal: the target rung-3 is among/,
    );
  });

  test("a second seal for a target, a second score, an unknown seal, a loss that is none", async () => {
    const { hash } = await ledger.seal(request("target"));
    expect(await reasonOf(() => ledger.seal(request("target")))).toMatch(
      /^already-sealed: .*entry 0/,
    );
    await ledger.score(hash, 2);
    expect(await reasonOf(() => ledger.score(hash, 2.1))).toMatch(/^already-scored: .*with 2\./);
    expect(await reasonOf(() => ledger.score("nonsense", 2))).toMatch(/^unknown-seal: .*nonsense/);
    expect(await reasonOf(() => ledger.amend("nonsense", "x"))).toMatch(/^unknown-seal/);
    expect(await reasonOf(() => ledger.score(hash, Number.NaN))).toMatch(/^not-finite: .*NaN/);
    expect(await ledger.entries()).toHaveLength(2);
  });

  test("a target that has a result, not one that is only begun", async () => {
    const insert = (id: string, row: Partial<RunRow>) =>
      database
        .insertInto("run")
        .values({ ...exampleRow(row), id, losses: "{}" })
        .execute();
    await insert("ended", { status: "done", lossNats: 2.5 });
    await insert("begun", { status: "running", lossNats: null });
    expect(await reasonOf(() => ledger.seal(request("ended")))).toMatch(
      /^target-has-result: .*ended already has a result \(status done, loss 2.5\)/,
    );
    expect(await reasonOf(() => ledger.seal(request("begun")))).toBe("accepted");
  });
});

describe("verify", () => {
  async function threeEntries(): Promise<readonly LedgerEntry[]> {
    const { hash } = await ledger.seal(request("one"));
    await ledger.score(hash, 2);
    await ledger.seal(request("two"));
    return ledger.entries();
  }

  test("an untouched ledger is intact, an empty one too", async () => {
    expect(await ledger.verify()).toMatchObject({ isIntact: true, entries: 0 });
    const entries = await threeEntries();
    const headHash = entries.at(-1)?.hash as string;
    expect(await ledger.verify(headHash)).toEqual({
      isIntact: true,
      entries: 3,
      headHash,
      problems: [],
    });
  });

  test.each(["index", "previousHash", "hash", "kind", "time", "payload"] as const)(
    "an edit of %s is found in every entry",
    async (field) => {
      const entries = await threeEntries();
      for (const place of entries.keys()) {
        const edited = entries.map((entry, at) =>
          at === place
            ? { ...entry, [field]: field === "index" ? entry.index + 7 : `${entry[field]} ` }
            : entry,
        ) as LedgerEntry[];
        expect(verifyEntries(edited).isIntact, `${field} of ${place}`).toBe(false);
      }
    },
  );

  test("an edit in the database itself is found, and nothing more is added", async () => {
    const entries = await threeEntries();
    const payload = entries[1]?.payload.replace('"actual":2', '"actual":3') as string;
    await database.updateTable("ledger").set({ payload }).where("index", "=", 1).execute();
    expect((await ledger.verify()).problems).toEqual([
      { index: 1, problem: "its content does not give its hash: it was edited" },
    ]);
    expect(await reasonOf(() => ledger.seal(request("three")))).toMatch(
      /entry 1 was tampered with/,
    );
  });

  test("removal from the middle and a change of order are found", async () => {
    const [first, second, third] = (await threeEntries()) as [
      LedgerEntry,
      LedgerEntry,
      LedgerEntry,
    ];
    expect(verifyEntries([first, third]).isIntact).toBe(false);
    expect(verifyEntries([second, third]).isIntact).toBe(false);
    expect(verifyEntries([first, third, second]).isIntact).toBe(false);
    const renumbered = [first, { ...third, index: 1 }];
    expect(verifyEntries(renumbered).isIntact).toBe(false);
  });

  test("a last entry rewritten with a fitting hash, or cut off, shows against the kept hash", async () => {
    const entries = await threeEntries();
    const last = entries[2] as LedgerEntry;
    const forged = { ...last, time: "2020-01-01T00:00:00.000Z" };
    const rewritten = [...entries.slice(0, 2), { ...forged, hash: entryHash(forged) }];
    expect(verifyEntries(rewritten).isIntact).toBe(true);
    expect(verifyEntries(rewritten, last.hash).problems[0]?.problem).toMatch(
      /rewritten or removed/,
    );
    expect(verifyEntries(entries.slice(0, 2), last.hash).isIntact).toBe(false);
    expect(verifyEntries(entries, entries[1]?.hash).isIntact).toBe(true);
  });
});

test("several processes that seal at once leave one unbroken chain", async () => {
  const script = join(folder, "seal.mts");
  const here = import.meta.dirname;
  writeFileSync(
    script,
    `import { openDatabase } from "${here}/../../workspace/database.ts";
     import { Ledger } from "${here}/ledger.ts";
     const [path, name, text] = process.argv.slice(2);
     const database = await openDatabase(path);
     const ledger = new Ledger(database);
     for (let i = 0; i < 5; i++) {
       const request = JSON.parse(text);
       await ledger.seal({ ...request, target: { ...request.target, id: name + i } });
     }
     await database.destroy();`,
  );
  const run = (name: string) =>
    new Promise<number | null>((resolve) => {
      const process_ = spawn(
        process.execPath,
        [
          "--import",
          "tsx",
          script,
          join(folder, "foretoken.db"),
          name,
          JSON.stringify(request(name)),
        ],
        { stdio: "inherit" },
      );
      process_.on("exit", resolve);
    });
  expect(await Promise.all(["a", "b", "c"].map(run))).toEqual([0, 0, 0]);
  expect(await ledger.verify()).toMatchObject({ isIntact: true, entries: 15 });
});
