import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const bin = fileURLToPath(new URL("../../bin/foretoken.js", import.meta.url));

function inNewFolder<Result>(use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "foretoken-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("bin/foretoken.js", () => {
  it("runs the sources of a checkout from any directory", () => {
    inNewFolder((folder) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "runs", "--json"], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, FORETOKEN_HOME: "" },
      });
      expect([status, stderr]).toEqual([0, `No runs in ${join(folder, ".foretoken")}.\n`]);
      expect(JSON.parse(stdout)).toEqual({ workspace: join(folder, ".foretoken"), runs: [] });
    });
  });

  it("says what to do when nothing is installed", () => {
    inNewFolder((folder) => {
      const root = fileURLToPath(new URL("../..", import.meta.url));
      for (const part of ["bin", "package.json", "src/cli/main.ts"]) {
        cpSync(join(root, part), join(folder, part), { recursive: true });
      }
      const { status, stderr } = spawnSync(process.execPath, [join(folder, "bin/foretoken.js")], {
        encoding: "utf8",
      });
      expect(status).toBe(1);
      expect(stderr).toContain(`not installed: run \`npm ci\` in ${folder}`);
    });
  });
});

describe("SIGINT", () => {
  /** A process whose command waits for the interrupt, then does `ending`. */
  function waiting(ending: string): ChildProcess {
    const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
    const script = `
      const { runProcess } = await import(${url("./main.ts")});
      const { z } = await import("zod");
      const command = { schema: z.strictObject({}), async run(_, { signal, stderr }) {
        const alive = setInterval(() => {}, 1000);
        stderr.write("ready\\n");
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        ${ending};
        clearInterval(alive);
        return { json: { saved: true } };
      } };
      await runProcess([{ path: "wait", summary: "", load: async () => ({ command }) }]);`;
    return spawn(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", script, "main.ts", "wait", "--json"],
      { stdio: ["ignore", "pipe", "pipe"], cwd: fileURLToPath(new URL("../..", import.meta.url)) },
    );
  }

  it("lets the command save and ends with 130", async () => {
    const child = waiting("");
    const printed = once(child.stdout!, "data");
    await once(child.stderr!, "data");
    child.kill("SIGINT");
    expect(String((await printed)[0])).toBe('{"saved":true}\n');
    expect((await once(child, "exit"))[0]).toBe(130);
  });

  it("says that nothing can go on when a command waits for what never comes", async () => {
    const child = waiting("clearInterval(alive); await new Promise(() => {})");
    await once(child.stderr!, "data");
    let printed = "";
    child.stderr!.on("data", (part) => {
      printed += part;
    });
    child.kill("SIGINT");
    expect((await once(child, "close"))[0]).toBe(1);
    expect(printed).toContain("The command waits for something that never comes");
  });

  it("ends at once the second time", async () => {
    const child = waiting("await new Promise(() => {})");
    await once(child.stderr!, "data");
    child.kill("SIGINT");
    const [notice] = await once(child.stderr!, "data");
    expect(String(notice)).toContain("Press Ctrl-C again");
    child.kill("SIGINT");
    expect((await once(child, "exit"))[0]).toBe(130);
  });
});
