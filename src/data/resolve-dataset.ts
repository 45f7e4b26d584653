import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../errors.ts";

/**
 * The folder of a data set that a user names: a path, a folder's name in the workspace, or the
 * beginning of one, up to its hash.
 *
 * @throws {DataError} when nothing fits; the message lists what there is
 */
export async function resolveDataset(datasetsFolder: string, name: string): Promise<string> {
  if (existsSync(join(name, "manifest.json"))) return name;
  const built = (await readdir(datasetsFolder)).filter((folder) =>
    existsSync(join(datasetsFolder, folder, "manifest.json")),
  );
  const fitting = built.filter((folder) => folder === name || folder.startsWith(`${name}-`));
  if (fitting.length === 1) return join(datasetsFolder, fitting[0]!);
  const list = (fitting.length > 1 ? fitting : built).join(", ") || "none";
  throw new DataError(
    `data set "${name}": expected one of the workspace (${list}) or the path of a data set's folder; build one with \`foretoken data build RECIPE\``,
  );
}
