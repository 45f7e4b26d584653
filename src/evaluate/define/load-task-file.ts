import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../../errors.ts";
import * as evaluate from "../index.ts";
import { thrown } from "./_users-code.ts";
import { isTask } from "./define-task.ts";
import type { Task } from "./task-definition.ts";

/**
 * The tasks that a TypeScript or JavaScript file exports. `foretoken/evaluate` is this package in it,
 * also where nothing is installed; types are left out, not checked.
 *
 * @returns with the SHA-256 of the file
 * @throws {ConfigError} when the file cannot be read or run, or exports no task
 */
export async function loadTaskFile(
  path: string,
): Promise<{ readonly tasks: readonly Task[]; readonly hash: string }> {
  const { createJiti } = await import("jiti"); // other evaluations need none
  const jiti = createJiti(pathToFileURL(path).href, {
    ...{ fsCache: false, moduleCache: false, tryNative: false, interopDefault: false },
    transformOptions: { retainLines: true }, // errors name lines of the file
    virtualModules: { "foretoken/evaluate": evaluate },
  });
  let exported: unknown;
  let source: Uint8Array;
  try {
    source = await readFile(path);
    exported = await jiti.import(path);
  } catch (cause) {
    throw new ConfigError(`${path}: cannot be loaded: ${thrown(cause, path)}`, { cause });
  }
  // what a CommonJS file exports may be the task itself
  const parts = Object(exported) as object;
  const tasks = [...new Set([exported, ...Object.values(parts)])].filter(isTask);
  const hash = createHash("sha256").update(source).digest("hex");
  if (tasks.length > 0) return { tasks, hash };
  throw new ConfigError(
    `${path}: expected an export of what defineTask gives, such as \`export default defineTask({ … })\`; it exports ${Object.keys(parts).join(", ") || "nothing"}`,
  );
}
