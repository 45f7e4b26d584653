import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../errors.ts";
import { createUnfinished, findBuilt, publish } from "./built-datasets.ts";
import type { DataEvent, PackageAnnouncement } from "./data-event.ts";
import { type Recipe, type RecipeSource, recipeHash } from "./recipe.ts";
import { tarballRequest } from "./sources/npm.ts";
import { isCached } from "./sources/npm-cache.ts";
import { openSource } from "./sources/open-source.ts";
import type { Source } from "./sources/source.ts";
import { type CollectedSource, collect } from "./steps/collect.ts";
import { HashSet } from "./steps/hash-set.ts";
import { writeDataset } from "./write-dataset.ts";

/** npm spends most of its time starting and waiting. */
const parallelFetches = 4;

/** Where a build works. */
export interface BuildOptions {
  /** Gets `datasets/` and `cache/`. */
  readonly workspaceFolder: string;
  /** Worker threads for the tokenizer; 0: none; by default as many as the text is worth. */
  readonly threads?: number;
}

/** A source of the recipe with what it opened. */
interface OpenedSource {
  readonly description: RecipeSource;
  readonly source: Source;
}

/**
 * Builds a recipe's data set, or finds it built. Everything streams; nothing appears under the
 * final name before it is complete.
 *
 * @returns the data set's folder, to be opened with `openDataset`
 * @throws {DataError} when a source cannot be used or has no text; what was built before stays
 */
export async function* buildDataset(
  recipe: Recipe,
  options: BuildOptions,
): AsyncGenerator<DataEvent, string> {
  const datasetsFolder = join(options.workspaceFolder, "datasets");
  const cacheFolder = join(options.workspaceFolder, "cache");
  const hash = recipeHash(recipe);
  yield {
    type: "dataset-start",
    name: recipe.name,
    recipeHash: hash,
    sources: recipe.sources.map(({ name, loss, licence, origin }) => ({
      name,
      loss,
      licence,
      origin,
    })),
  };
  const context = { baseFolder: recipe.baseFolder, cacheFolder, seed: recipe.seed };
  const sources = recipe.sources.map((description) => ({
    description,
    source: openSource(description, context),
  }));
  const fingerprint = await fingerprintOf(sources);
  const built = await findBuilt(datasetsFolder, { recipeHash: hash, fingerprint });
  if (built !== undefined) {
    const { folder, manifest } = built;
    yield { type: "dataset-end", folder, hash: manifest.hash, reused: true, warnings: [] };
    return folder;
  }
  yield* fetchPackages(recipe, sources, cacheFolder);
  const unfinished = await createUnfinished(datasetsFolder);
  try {
    const scratchFolder = await createUnfinished(datasetsFolder);
    try {
      const collected = yield* collectAll(recipe, sources, scratchFolder);
      const work = { folder: unfinished, scratchFolder, threads: options.threads };
      const { manifest, warnings } = yield* writeDataset({ recipe, collected, fingerprint }, work);
      const folder = await publish(unfinished, datasetsFolder, manifest);
      yield { type: "dataset-end", folder, hash: manifest.hash, reused: false, warnings };
      return folder;
    } finally {
      await rm(scratchFolder, { recursive: true, force: true });
    }
  } catch (error) {
    throw explainFullDisk(error, datasetsFolder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function fingerprintOf(sources: readonly OpenedSource[]): Promise<string> {
  const hash = createHash("sha256");
  for (const { description, source } of sources) {
    hash.update(`${description.name}\0${await source.fingerprint()}\n`);
  }
  return hash.digest("hex");
}

/** Announces all packages before the first is fetched. */
async function* fetchPackages(
  { baseFolder }: Recipe,
  sources: readonly OpenedSource[],
  cacheFolder: string,
): AsyncGenerator<DataEvent> {
  const packages: PackageAnnouncement[] = [];
  for (const { description } of sources) {
    const { name, licence, from } = description;
    if (from.kind !== "npm") continue;
    const cached = await isCached(tarballRequest(from, { baseFolder, cacheFolder }));
    const { specifier, tarballBytes } = from;
    packages.push({ source: name, specifier, licence, sizeBytes: tarballBytes, cached });
  }
  if (packages.length === 0) return;
  const missing = packages.filter(({ cached }) => !cached);
  const sizeBytes = missing.reduce((sum, { sizeBytes: size = 0 }) => sum + size, 0);
  yield { type: "fetch-start", packages, sizeBytes };
  let done = 0;
  const fetched = sources.filter(({ source }) => source.fetch !== undefined);
  for (let start = 0; start < fetched.length; start += parallelFetches) {
    const group = fetched.slice(start, start + parallelFetches);
    const outcomes = await Promise.allSettled(group.map(({ source }) => source.fetch?.()));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    done += group.length;
    yield { type: "fetch-delta", done, total: packages.length };
  }
  yield { type: "fetch-end", total: packages.length };
}

/** What is only measured is read first, so that no copy of it stays in the training text. */
async function* collectAll(
  { split }: Recipe,
  sources: readonly OpenedSource[],
  scratchFolder: string,
): AsyncGenerator<DataEvent, CollectedSource[]> {
  const seen = new HashSet();
  const collected = new Map<RecipeSource, CollectedSource>();
  const measuredFirst = sources.toSorted(
    (a, b) => Number(b.description.heldoutOnly) - Number(a.description.heldoutOnly),
  );
  for (const { description, source } of measuredFirst) {
    const collection = { seen, shares: split, scratchFolder };
    const counts = yield* collect(description, source, collection);
    const integrity = (await source.fetch?.()) ?? null;
    collected.set(description, { description, counts, integrity });
  }
  return sources.map(({ description }) => collected.get(description)!);
}

function explainFullDisk(error: unknown, folder: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOSPC") return error;
  return new DataError(
    `data build: the disk that holds ${folder} is full; free space (about 3 times the text) and build again; nothing that was there has changed`,
    { cause: error },
  );
}
