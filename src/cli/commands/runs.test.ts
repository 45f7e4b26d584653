import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEventLog } from "../../workspace/event-log.ts";
import { recordRunStart } from "../../workspace/run-record.ts";
import { exampleRow } from "../../workspace/run-row.fixture.ts";
import { insertRun } from "../../workspace/run-table.ts";
import { openWorkspace } from "../../workspace/workspace.ts";
import { runCli } from "../run-cli.fixture.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = () => openWorkspace(join(directory, ".foretoken"));

describe("runs", () => {
  it("says that there are none, and makes no workspace for it", async () => {
    const folder = join(directory, ".foretoken");
    const { code, stdout } = await runCli(["runs"], { directory });
    expect([code, stdout]).toEqual([0, `No runs in ${folder}.\n`]);
    const json = await runCli(["runs", "--json"], { directory });
    expect(JSON.parse(json.stdout)).toEqual({ workspace: folder, runs: [] });
    expect(await readdir(directory)).toEqual([]);
  });

  it("lists runs as a table and as JSON, and by kind and status", async () => {
    const workspace = await open();
    const done = exampleRow({
      id: "250101-000000-aaa",
      status: "done",
      steps: 200,
      tokensSeen: 1_234_567,
      lossNats: 2.3456,
      lossStandardError: 0.012,
      bitsPerByte: 1.5,
      seconds: 75,
    });
    await insertRun(workspace.database, done);
    await insertRun(workspace.database, exampleRow({ kind: "target", name: exampleRow().id }));
    await workspace.close();
    const { stdout } = await runCli(["runs"], { directory });
    expect(stdout.split("\n").map((line) => line.trim().split(/ {2,}/))).toEqual([
      ["id", "name", "kind", "status", "params", "tokens", "steps", "FLOPs", "loss (nats)"].concat([
        "bits/byte",
        "time",
      ]),
      [done.id, "small", "ladder", "done", "3B", "1.23M", "200", "9.01e15", "2.346 ± 0.012"].concat(
        ["1.500", "1m15s"],
      ),
      [exampleRow().id, "target", "interrupted", "3B", "0", "0", "9.01e15", "0.0s"],
      [""],
    ]);
    const json = JSON.parse((await runCli(["runs", "--json"], { directory })).stdout);
    expect(json.runs[0]).toEqual(done);
    expect(json.runs.length).toBe(2);
    const kinds = JSON.parse(
      (await runCli(["runs", "--json", "--kind", "target"], { directory })).stdout,
    );
    expect(kinds.runs.length).toBe(1);
    const none = await runCli(["runs", "--status", "diverged"], { directory });
    expect(none.stdout).toContain("No runs in");
  });

  it("rebuilds the table from the run folders", async () => {
    const workspace = await open();
    const row = exampleRow();
    await mkdir(join(workspace.runs, row.id));
    const log = await openEventLog(join(workspace.runs, row.id));
    await recordRunStart(workspace.database, log, { row, resumedFrom: null });
    await log.close();
    await mkdir(join(workspace.runs, "empty"));
    await workspace.database.deleteFrom("run").execute();
    await workspace.close();
    const { stderr, stdout } = await runCli(["runs", "--reindex"], { directory });
    expect(stderr).toMatch(/^Indexed 1 runs, left out 1\.\n {2}left out empty: it never started/);
    expect(stdout).toContain(row.id);
  });

  it("says what is wrong with a workspace", async () => {
    const environment = { FORETOKEN_HOME: "/dev/null" };
    const { code, stderr } = await runCli(["runs", "--reindex"], { directory, environment });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^workspace \/dev\/null: .*in the way.* FORETOKEN_HOME .*\n$/);
  });
});
