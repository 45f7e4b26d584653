import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { DataError } from "../../errors.ts";
import { isLocalTarball } from "../source-origin.ts";
import { npmPack } from "./npm-client.ts";

/** A package's tarball on this machine. */
export interface CachedTarball {
  readonly path: string;
  readonly integrity: string;
  readonly sizeBytes: number;
}

/** Which tarball, and where it is kept. */
export interface TarballRequest {
  readonly specifier: string;
  /** As npm writes it, `sha512-…`; undefined when the recipe does not pin it. */
  readonly integrity: string | undefined;
  readonly cacheFolder: string;
}

/** Where the tarball lies once it was fetched; a local one stays where it is. */
function tarballPath({ specifier, cacheFolder }: TarballRequest): string {
  if (isLocalTarball(specifier)) return specifier;
  return join(cacheFolder, `${specifier.replace(/^[@/]/, "").replace(/[/@:\\]/g, "-")}.tgz`);
}

/**
 * The tarball of a package: from the cache, else fetched by npm. One whose content is not what the
 * recipe pins is never used.
 *
 * @throws {DataError} when it cannot be had or has another integrity
 */
export async function ensureTarball(request: TarballRequest): Promise<CachedTarball> {
  const path = tarballPath(request);
  const isLocal = isLocalTarball(request.specifier);
  const found = await inspect(path);
  if (found !== undefined && fits(found, request)) return found;
  if (isLocal && found === undefined) {
    throw new DataError(`npm package ${path}: expected a tarball there, got none; check the path`);
  }
  if (!isLocal) await fetchOnce(request, path);
  const fetched = (await inspect(path))!;
  if (fits(fetched, request)) return fetched;
  if (!isLocal) await rm(path, { force: true });
  throw new DataError(
    `npm package ${request.specifier}: expected integrity ${request.integrity}, got ${fetched.integrity}; the recipe pins another content: correct "integrity" or the version if this content is wanted`,
  );
}

/** Whether a build can go on without fetching. */
export async function isCached(request: TarballRequest): Promise<boolean> {
  return (await stat(tarballPath(request)).catch(() => undefined)) !== undefined;
}

function fits({ integrity }: CachedTarball, request: TarballRequest): boolean {
  return request.integrity === undefined || request.integrity === integrity;
}

/** Fetches that are under way, by path: two sources may need one package. */
const fetching = new Map<string, Promise<void>>();

async function fetchOnce(request: TarballRequest, path: string): Promise<void> {
  const started = fetching.get(path) ?? fetchTarball(request, path);
  fetching.set(path, started);
  try {
    await started;
  } finally {
    fetching.delete(path);
  }
}

/** Through a folder beside it, so that a killed fetch leaves no half tarball under the name. */
async function fetchTarball(request: TarballRequest, path: string): Promise<void> {
  await mkdir(request.cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(request.cacheFolder, ".fetching-"));
  try {
    const { filename } = await npmPack(request.specifier, folder);
    await rename(join(folder, filename), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inspect(path: string): Promise<CachedTarball | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const hash = createHash("sha512");
  await pipeline(createReadStream(path), hash);
  return { path, integrity: `sha512-${hash.digest("base64")}`, sizeBytes: found.size };
}
