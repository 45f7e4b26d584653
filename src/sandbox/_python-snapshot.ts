import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WorkspaceError } from "../errors.ts";
import { spawnPython } from "./_spawn-python.ts";

let snapshot: Promise<number> | undefined;

/**
 * The memory of a started interpreter, made once in this process's life: starting from it takes a
 * sixth of the time. It is a file without a name, so that nothing is left behind.
 *
 * @returns a descriptor for reading
 * @throws {WorkspaceError} when the interpreter cannot be started
 */
export function pythonSnapshot(): Promise<number> {
  snapshot ??= makeSnapshot();
  return snapshot;
}

async function makeSnapshot(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "foretoken-python-"));
  const path = join(folder, "snapshot");
  try {
    const target = openSync(path, "w+", 0o600);
    const child = spawnPython("snapshot", target);
    closeSync(target);
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      errors = (errors + chunk).slice(-2000);
    });
    const [status] = (await once(child, "close")) as [number | null];
    if (status !== 0) throw new WorkspaceError(`runPython: no interpreter started: ${errors}`);
    return openSync(path, "r");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
