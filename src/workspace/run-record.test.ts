import { appendFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventLogPath, openEventLog } from "./event-log.ts";
import { acquireRunLock } from "./run-lock.ts";
import { markAbandonedRuns, recordRunEnd, recordRunStart, reindexRuns } from "./run-record.ts";
import { exampleRow } from "./run-row.fixture.ts";
import type { RunRow } from "./run-row.ts";
import { insertRun, listRuns } from "./run-table.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

let parent: string;
let workspace: Workspace;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "foretoken-"));
  workspace = await openWorkspace(join(parent, ".foretoken"));
});
afterEach(async () => {
  await workspace.close();
  await rm(parent, { recursive: true, force: true });
});

async function attempt(row: RunRow, resumedFrom: number | null, end?: Partial<RunRow>) {
  const folder = join(workspace.runs, row.id);
  await mkdir(folder, { recursive: true });
  const log = await openEventLog(folder);
  await recordRunStart(workspace.database, log, { row, resumedFrom });
  if (end !== undefined) {
    const changes = { status: "done", steps: 0, ...end } as const;
    await recordRunEnd(workspace.database, log, { id: row.id, changes });
  }
  await log.close();
  return folder;
}

const losses = { text: { nats: 2, standardError: 0.1, bitsPerByte: 1, tokens: 10, bytes: 20 } };

describe("run record", () => {
  it("rebuilds the same rows from the event logs after the table is lost", async () => {
    await attempt(exampleRow({ id: "a" }), null, { steps: 5, lossNats: 2, losses, seconds: 3 });
    await attempt(exampleRow({ id: "b" }), null, { status: "diverged", steps: 9 });
    await attempt(exampleRow({ id: "b" }), 4, { steps: 20, lossNats: 1.5 });
    const before = await listRuns(workspace.database);
    expect(before.map(({ status, steps }) => [status, steps])).toEqual([
      ["done", 5],
      ["done", 20],
    ]);
    await workspace.database.deleteFrom("run").execute();
    expect(await reindexRuns(workspace)).toEqual({ indexed: ["a", "b"], skipped: [] });
    expect(await listRuns(workspace.database)).toEqual(before);
  });

  it("drops rows without a folder and keeps those whose folder cannot be read", async () => {
    await insertRun(workspace.database, exampleRow({ id: "gone" }));
    const folder = await attempt(exampleRow({ id: "broken" }), null, {});
    await appendFile(eventLogPath(folder), "garbage\n{}\n");
    await mkdir(join(workspace.runs, "empty"));
    const { indexed, skipped } = await reindexRuns(workspace);
    expect(indexed).toEqual([]);
    expect(skipped.map(({ id }) => id).toSorted()).toEqual(["broken", "empty"]);
    expect((await listRuns(workspace.database)).map(({ id }) => id)).toEqual(["broken"]);
  });

  it("tells a run that works from one whose process died", async () => {
    const folder = await attempt(exampleRow({ id: "a" }), null);
    const lock = acquireRunLock(folder);
    const status = async () => (await listRuns(workspace.database)).map((run) => run.status);
    await markAbandonedRuns(workspace);
    await reindexRuns(workspace);
    expect(await status()).toEqual(["running"]);
    lock.release();
    await reindexRuns(workspace);
    expect(await status()).toEqual(["interrupted"]);
    await insertRun(workspace.database, exampleRow({ id: "a" }));
    await markAbandonedRuns(workspace);
    expect(await status()).toEqual(["interrupted"]);
  });
});
