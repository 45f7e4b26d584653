import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireRunLock, isRunLocked } from "./run-lock.ts";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

const module = JSON.stringify(new URL("./run-lock.ts", import.meta.url).href);

/** A process that runs `body` with the lock's functions and the run folder in scope. */
function start(body: string): ChildProcess {
  const script = `const { acquireRunLock } = await import(${module}); const folder = ${JSON.stringify(folder)}; ${body}`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

describe("run lock", () => {
  it("is refused to a second taker, which learns the process, and free after release", () => {
    const lock = acquireRunLock(folder);
    expect(() => acquireRunLock(folder)).toThrow(
      new RegExp(`process ${process.pid} \\(since .*\\) is working on this run`),
    );
    expect(isRunLocked(folder)).toBe(true);
    lock.release();
    lock.release();
    expect(isRunLocked(folder)).toBe(false);
    acquireRunLock(folder).release();
  });

  it("is held against other processes and ends with SIGKILL", async () => {
    const child = start(
      "acquireRunLock(folder); console.log('held'); setInterval(() => {}, 1000);",
    );
    await once(child.stdout!, "data");
    expect(() => acquireRunLock(folder)).toThrow(`process ${child.pid} `);
    child.kill("SIGKILL");
    await once(child, "exit");
    acquireRunLock(folder).release();
  });

  it("goes to exactly one of several processes that start at once", async () => {
    const body = `
      try { acquireRunLock(folder); console.log("won"); } catch { console.log("lost"); }
      process.stdin.resume(); setInterval(() => {}, 1000);`;
    const contenders = [0, 1, 2].map(() => start(body));
    const outcomes = await Promise.all(
      contenders.map(async (child) => String((await once(child.stdout!, "data"))[0]).trim()),
    );
    expect(outcomes.toSorted()).toEqual(["lost", "lost", "won"]);
  });

  it("says when the run folder is missing", () => {
    expect(() => acquireRunLock(join(folder, "no"))).toThrow(
      /no\/lock: the lock file cannot be opened/,
    );
    expect(isRunLocked(join(folder, "no"))).toBe(false);
  });
});
