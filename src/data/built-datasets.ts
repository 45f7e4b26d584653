import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeJsonAtomic } from "../workspace/atomic-file.ts";
import { acquireRunLock, isRunLocked } from "../workspace/run-lock.ts";
import { type Manifest, readManifest } from "./manifest.ts";

const unfinishedPrefix = ".unfinished-";

/** Longer than a build takes from its folder to its lock. */
const beginningMs = 60_000;

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

/** Where a build works until it is complete. */
export interface UnfinishedBuild {
  /** Becomes the data set. */
  readonly folder: string;
  readonly scratchFolder: string;
  /** Removes what is left of both. */
  remove(): Promise<void>;
}

/**
 * Fresh folders for a build. A lock of the operating system tells others that it is alive: process
 * ids come again, in containers always the same ones.
 */
export async function openUnfinished(datasetsFolder: string): Promise<UnfinishedBuild> {
  const root = join(datasetsFolder, `${unfinishedPrefix}${randomBytes(6).toString("hex")}`);
  await mkdir(root, { recursive: true });
  const lock = acquireRunLock(root);
  const [folder, scratchFolder] = [join(root, "dataset"), scratchOf(root)];
  await mkdir(folder);
  await mkdir(scratchFolder);
  return {
    folder,
    scratchFolder,
    async remove() {
      for (const path of [folder, scratchFolder]) await rm(path, { recursive: true, force: true });
      lock.release();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Removes what killed builds left behind. */
export async function removeAbandoned(datasetsFolder: string): Promise<void> {
  for (const entry of await readdir(datasetsFolder).catch(() => [])) {
    const root = join(datasetsFolder, entry);
    if (!entry.startsWith(unfinishedPrefix) || !(await isAbandoned(root))) continue;
    await rm(root, { recursive: true, force: true });
  }
}

/** A build has its lock before its scratch folder; one that just begins may have neither. */
async function isAbandoned(root: string): Promise<boolean> {
  if (existsSync(scratchOf(root))) return !isRunLocked(root);
  const status = await stat(root).catch(() => undefined); // another build removed it
  return status !== undefined && Date.now() - status.mtimeMs > beginningMs && !isRunLocked(root);
}

function scratchOf(root: string): string {
  return join(root, "scratch");
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
  await writeJsonAtomic(join(unfinished, "manifest.json"), manifest);
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
