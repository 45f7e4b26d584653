import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Manifest, readManifest } from "./manifest.ts";

const unfinishedPrefix = ".unfinished-";

/** The finished data set of an unchanged recipe over unchanged sources, if there is one. */
export async function findBuilt(
  datasetsFolder: string,
  wanted: Pick<Manifest, "recipeHash" | "fingerprint">,
): Promise<{ readonly folder: string; readonly manifest: Manifest } | undefined> {
  for (const entry of await readdir(datasetsFolder).catch(() => [])) {
    if (entry.startsWith(".")) continue;
    const folder = join(datasetsFolder, entry);
    const manifest = await readManifest(folder).catch(() => undefined); // not one of this version
    if (manifest?.recipeHash === wanted.recipeHash && manifest.fingerprint === wanted.fingerprint) {
      return { folder, manifest };
    }
  }
  return undefined;
}

/** A fresh folder for a build; what killed builds left behind is removed. */
export async function createUnfinished(datasetsFolder: string): Promise<string> {
  await mkdir(datasetsFolder, { recursive: true });
  for (const entry of await readdir(datasetsFolder)) {
    const owner = /^\.unfinished-(\d+)-/.exec(entry)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    await rm(join(datasetsFolder, entry), { recursive: true, force: true });
  }
  const name = `${unfinishedPrefix}${process.pid}-${randomBytes(4).toString("hex")}`;
  const folder = join(datasetsFolder, name);
  await mkdir(folder);
  return folder;
}

/**
 * Gives a complete build its final name, which its content decides. An equal one that is there
 * already stays, with the new fingerprint.
 */
export async function publish(
  unfinished: string,
  datasetsFolder: string,
  manifest: Manifest,
): Promise<string> {
  const folder = join(datasetsFolder, `${manifest.name}-${manifest.hash.slice(0, 12)}`);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFile(join(unfinished, "manifest.json"), text);
  try {
    await rename(unfinished, folder);
  } catch (error) {
    if (!isOccupied(error)) throw error;
    await rename(join(unfinished, "manifest.json"), join(folder, "manifest.json"));
  }
  return folder;
}

/** A folder that is not empty has the wanted name; Windows says EPERM. */
function isOccupied(error: unknown): boolean {
  return ["ENOTEMPTY", "EEXIST", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
