import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleRow } from "./run-row.fixture.ts";
import { findRun, getRun, insertRun, listRuns, updateRun } from "./run-table.ts";
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

describe("run table", () => {
  it("gives back every column as it was, large counts exactly", async () => {
    const row = exampleRow({
      lossNats: 2.345678901234567,
      losses: { text: { nats: 2.3, standardError: null, bitsPerByte: 1.1, tokens: 5, bytes: 9 } },
    });
    await insertRun(workspace.database, row);
    expect(await listRuns(workspace.database)).toEqual([row]);
  });

  it("replaces a row of the same id and changes single columns", async () => {
    await insertRun(workspace.database, exampleRow());
    await insertRun(workspace.database, exampleRow({ steps: 7 }));
    const losses = {
      code: { nats: 1, standardError: 0.1, bitsPerByte: 0.5, tokens: 10, bytes: 30 },
    };
    await updateRun(workspace.database, exampleRow().id, { status: "done", losses, seconds: 1.5 });
    expect(await listRuns(workspace.database)).toEqual([
      exampleRow({ steps: 7, status: "done", losses, seconds: 1.5 }),
    ]);
    await expect(updateRun(workspace.database, "no", { steps: 1 })).rejects.toThrow(
      'run "no": not in this workspace',
    );
  });

  it("lists by kind, status and data, sorted by id", async () => {
    await insertRun(workspace.database, exampleRow({ id: "b", kind: "target" }));
    await insertRun(workspace.database, exampleRow({ id: "a", status: "done", dataHash: "x" }));
    const ids = async (filter: Parameters<typeof listRuns>[1]) =>
      (await listRuns(workspace.database, filter)).map(({ id }) => id);
    expect(await ids({})).toEqual(["a", "b"]);
    expect(await ids({ kind: "target" })).toEqual(["b"]);
    expect(await ids({ status: "done", dataHash: "x" })).toEqual(["a"]);
    expect(await ids({ status: "done", kind: "target" })).toEqual([]);
  });

  it("finds by id before name before prefix, and refuses what fits several", async () => {
    for (const [id, name] of [
      ["2501-a", "big"],
      ["2501-b", "small"],
      ["2502-a", "big"],
      ["big-1", "2501-a"],
    ] as const) {
      await insertRun(workspace.database, exampleRow({ id, name }));
    }
    expect((await getRun(workspace.database, "2501-a")).name).toBe("big");
    expect((await getRun(workspace.database, "small")).id).toBe("2501-b");
    expect((await getRun(workspace.database, "2502")).id).toBe("2502-a");
    await expect(findRun(workspace.database, "2501")).rejects.toThrow(
      'run "2501": expected one run, 2 fit: 2501-a (big), 2501-b (small). Give more of the id.',
    );
    await expect(findRun(workspace.database, "big")).rejects.toThrow("2 fit: 2501-a");
    expect(await findRun(workspace.database, "")).toBeUndefined();
    await expect(getRun(workspace.database, "x")).rejects.toThrow("`foretoken runs` lists");
  });

  it("binds booleans instead of ending the process", async () => {
    const { rows } = await workspace.database.executeQuery<{ value: number }>({
      ...workspace.database.selectFrom("run").select("id").compile(),
      sql: "select ? as value",
      parameters: [true],
    });
    expect(rows).toEqual([{ value: 1 }]);
  });
});
