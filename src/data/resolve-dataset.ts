import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DataError } from "../errors.ts";

/**
 * The folder of a data set that a user names: a path, a folder's name in the workspace, or the
 * beginning of one, up to its hash.
 *
 * @param places - the workspace's data sets, and where a relative path begins
 * @throws {DataError} when nothing fits; the message lists what there is
 */
export async function resolveDataset(
  places: { readonly datasets: string; readonly directory: string },
  name: string,
): Promise<string> {
  const { datasets, directory } = places;
  const path = resolve(directory, name);
  if (existsSync(join(path, "manifest.json"))) return path;
  const built = (await readdir(datasets)).filter((folder) =>
    existsSync(join(datasets, folder, "manifest.json")),
  );
  const fitting = built.filter((folder) => folder === name || folder.startsWith(`${name}-`));
  if (fitting.length === 1) return join(datasets, fitting[0]!);
  const list = (fitting.length > 1 ? fitting : built).join(", ") || "none";
  throw new DataError(
    `data set "${name}": expected one of the workspace (${list}) or the path of a data set's folder; build one with \`foretoken data build RECIPE\``,
  );
}
