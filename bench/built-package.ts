import { execFile } from "node:child_process";
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * Builds the package as npm publishes it, into a folder.
 *
 * @returns the command, to be run with Node
 */
export async function buildPackage(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const project = ["-p", join(root, "tsconfig.build.json"), "--outDir", join(folder, "dist")];
  await promisify(execFile)(process.execPath, [compiler, ...project]);
  for (const part of ["bin", "package.json"]) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  return join(folder, "bin", "foretoken.js");
}

/** The command of this checkout, which runs the TypeScript sources. */
export const checkoutCommand = join(root, "bin", "foretoken.js");
