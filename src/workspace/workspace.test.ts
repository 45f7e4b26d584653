import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exampleRow } from "./run-row.fixture.ts";
import { insertRun, listRuns } from "./run-table.ts";
import { mountDisk, NO_DISK } from "./small-disk.fixture.ts";
import { openWorkspace, workspaceExists, workspaceFolder } from "./workspace.ts";

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "foretoken-"));
  folder = join(parent, ".foretoken");
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe("workspaceFolder", () => {
  it("is .foretoken of the directory unless FORETOKEN_HOME names another", () => {
    expect(workspaceFolder({}, "/a")).toBe("/a/.foretoken");
    expect(workspaceFolder({ FORETOKEN_HOME: "" }, "/a")).toBe("/a/.foretoken");
    expect(workspaceFolder({ FORETOKEN_HOME: "/b" }, "/a")).toBe("/b");
    expect(workspaceFolder({ FORETOKEN_HOME: "b" }, "/a")).toBe("/a/b");
  });
});

describe("openWorkspace", () => {
  it("makes the folders and a database that open again", async () => {
    expect(workspaceExists(folder)).toBe(false);
    const workspace = await openWorkspace(folder);
    expect(await listRuns(workspace.database)).toEqual([]);
    await workspace.close();
    expect(workspaceExists(folder)).toBe(true);
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe("*\n");
    await (await openWorkspace(folder)).close();
  });

  it("says when a file is in the way", async () => {
    await writeFile(folder, "x");
    await expect(openWorkspace(folder)).rejects.toThrow(
      /a file lies where the workspace folder should be\. Move it away, or set FORETOKEN_HOME/,
    );
    await expect(openWorkspace(join(folder, "below"))).rejects.toThrow("a file is in the way");
    await rm(folder);
    await mkdir(folder);
    await writeFile(join(folder, "runs"), "x");
    await expect(openWorkspace(folder)).rejects.toThrow("a file is in the way");
  });

  it("says when the database is none, and keeps the file", async () => {
    await mkdir(folder);
    await writeFile(join(folder, "foretoken.db"), "no database ".repeat(100));
    await expect(openWorkspace(folder)).rejects.toThrow(
      /foretoken\.db: not a readable database\. .*`foretoken runs --reindex`/,
    );
    expect(await readFile(join(folder, "foretoken.db"), "utf8")).toContain("no database");
  });

  it("refuses a database of a newer version", async () => {
    const workspace = await openWorkspace(folder);
    await workspace.database
      .insertInto("schemaVersion")
      .values({ version: 999, appliedAt: "later" })
      .execute();
    await workspace.close();
    await expect(openWorkspace(folder)).rejects.toThrow(
      /made by a newer version of Foretoken \(schema 999, this one knows up to \d+\)\. Update/,
    );
  });

  it("says when it may not write", async ({ skip }) => {
    const unmount = mountDisk(parent, "ro") ?? skip(NO_DISK);
    try {
      await expect(openWorkspace(folder)).rejects.toThrow(/not writable \(EROFS\)\. Make it/);
    } finally {
      unmount();
    }
  });

  it("says when the disk is full, and keeps what was there", async ({ skip }) => {
    const unmount = mountDisk(parent, "size=512k") ?? skip(NO_DISK);
    try {
      const workspace = await openWorkspace(folder);
      await insertRun(workspace.database, exampleRow());
      const huge = exampleRow({ id: "b", schedule: "x".repeat(1_000_000) });
      await expect(insertRun(workspace.database, huge)).rejects.toThrow(
        /foretoken\.db: the disk is full\. Nothing was lost/,
      );
      expect(await listRuns(workspace.database)).toEqual([exampleRow()]);
      await workspace.close();
    } finally {
      unmount();
    }
  });

  it("lets processes that start at once make it and write to it", async () => {
    const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
    const script = `
      const { openWorkspace } = await import(${url("./workspace.ts")});
      const { insertRun } = await import(${url("./run-table.ts")});
      const workspace = await openWorkspace(${JSON.stringify(folder)});
      const row = ${JSON.stringify(exampleRow())};
      for (let i = 0; i < 10; i++) await insertRun(workspace.database, { ...row, id: process.argv[1] + "-" + i });
      await workspace.close();`;
    const writers = ["a", "b", "c"].map((name) =>
      spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, name], {
        stdio: "inherit",
      }),
    );
    const exits = await Promise.all(writers.map((writer) => once(writer, "exit")));
    expect(exits.map(([code]) => code)).toEqual([0, 0, 0]);
    const workspace = await openWorkspace(folder);
    expect((await listRuns(workspace.database)).length).toBe(30);
    await workspace.close();
  });
});
