import { type ChildProcess, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Starts Node with Pyodide and without rights: no environment, no file but Pyodide's own and the two
 * scripts of this folder, no writing, no child process, thread or addon, no code from strings.
 *
 * @param task - what `_python-process.js` is to do
 * @param descriptor - an open file for the snapshot
 */
export function spawnPython(task: "snapshot" | "serve", descriptor: number): ChildProcess {
  const [script, realm] = ["./_python-process.js", "./_python-realm.js"].map((name) =>
    realpathSync(fileURLToPath(new URL(name, import.meta.url))),
  ) as [string, string];
  const pyodide = realpathSync(dirname(createRequire(import.meta.url).resolve("pyodide")));
  const hasPermission = process.allowedNodeEnvironmentFlags.has("--permission");
  const flags = [
    hasPermission ? "--permission" : "--experimental-permission",
    ...[script, realm, join(pyodide, "*")].map((path) => `--allow-fs-read=${path}`),
    "--no-addons",
    "--no-warnings",
    "--disallow-code-generation-from-strings",
    "--max-old-space-size=256",
  ];
  return spawn(process.execPath, [...flags, script, task, pyodide], {
    env: {},
    stdio: ["pipe", "pipe", "pipe", descriptor],
  });
}
