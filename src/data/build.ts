import { createHash } from "node:crypto";
import { join } from "node:path";
import { DataError } from "../errors.ts";
import { findBuilt, openUnfinished, publish, removeAbandoned } from "./built-datasets.ts";
import type { ContaminationIndex } from "./contamination/contamination-index.ts";
import { KnownEvaluations } from "./contamination/known-evaluations.ts";
import type { DataEvent, PackageAnnouncement } from "./data-event.ts";
import { ImageStore } from "./images/image-store.ts";
import { type Recipe, type RecipeSource, recipeHash } from "./recipe.ts";
import { packagesOf } from "./source-origin.ts";
import { tarballRequest } from "./sources/npm.ts";
import { isCached } from "./sources/npm-cache.ts";
import { openSource } from "./sources/open-source.ts";
import type { Source } from "./sources/source.ts";
import { type CollectedSource, collect } from "./steps/collect.ts";
import { Filters } from "./steps/filters.ts";
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
  await removeAbandoned(datasetsFolder);
  const context = { baseFolder: recipe.baseFolder, cacheFolder, seed: recipe.seed };
  const sources = recipe.sources.map((description) => ({
    description,
    source: openSource(description, context),
  }));
  const evaluations = await KnownEvaluations.read(recipe, datasetsFolder);
  const fingerprint = await fingerprintOf(sources, evaluations.fingerprint);
  const built = await findBuilt(datasetsFolder, { recipeHash: hash, fingerprint });
  if (built !== undefined) {
    const { folder, manifest } = built;
    yield { type: "dataset-end", folder, hash: manifest.hash, reused: true, warnings: [] };
    return folder;
  }
  yield* fetchPackages(recipe, sources, cacheFolder);
  const unfinished = await openUnfinished(datasetsFolder);
  try {
    const index = await evaluations.index();
    const place = { ...unfinished, threads: options.threads };
    const collected = yield* collectAll(recipe, sources, { ...place, index });
    const known = { items: index.items, sets: Object.fromEntries(index.sets) };
    const { manifest, warnings } = yield* writeDataset(
      { recipe, ...collected, fingerprint, contamination: known },
      { ...place, images: collected.images },
    );
    const folder = await publish(unfinished.folder, datasetsFolder, manifest);
    yield { type: "dataset-end", folder, hash: manifest.hash, reused: false, warnings };
    return folder;
  } catch (error) {
    throw explainFullDisk(error, datasetsFolder);
  } finally {
    await unfinished.remove();
  }
}

async function fingerprintOf(
  sources: readonly OpenedSource[],
  evaluations: string,
): Promise<string> {
  const hash = createHash("sha256").update(`${evaluations}\n`);
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
    for (const reference of packagesOf(from)) {
      const cached = await isCached(tarballRequest(reference, { baseFolder, cacheFolder }));
      const { specifier, tarballBytes } = reference;
      packages.push({ source: name, specifier, licence, sizeBytes: tarballBytes, cached });
    }
  }
  if (packages.length === 0) return;
  const missing = packages.filter(({ cached }) => !cached);
  // a package that several sources read is fetched once
  const sizes = new Map(missing.map(({ specifier, sizeBytes: size = 0 }) => [specifier, size]));
  const sizeBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  yield { type: "fetch-start", packages, sizeBytes };
  let done = 0;
  const fetched = sources.filter(({ source }) => source.fetch !== undefined);
  for (let start = 0; start < fetched.length; start += parallelFetches) {
    const group = fetched.slice(start, start + parallelFetches);
    const outcomes = await Promise.allSettled(group.map(({ source }) => source.fetch?.()));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    done += group.length;
    yield { type: "fetch-delta", done, total: fetched.length };
  }
  yield { type: "fetch-end", total: fetched.length };
}

/** What the first pass leaves behind. */
interface CollectedAll {
  readonly collected: readonly CollectedSource[];
  readonly images: ImageStore;
  /** SHA-256 of files that are complete, by their path in the data set. */
  readonly files: Readonly<Record<string, string>>;
  /** Documents whose near duplicates could not be looked for to the end. */
  readonly forgotten: number;
}

/** What is only measured is read first, so that no copy of it stays in the training text. */
async function* collectAll(
  recipe: Recipe,
  sources: readonly OpenedSource[],
  place: { folder: string; scratchFolder: string; index: ContaminationIndex },
): AsyncGenerator<DataEvent, CollectedAll> {
  const { maxBrokenShare, nearDuplicateImages: nearDuplicates, longestImageSide } = recipe;
  const { folder, scratchFolder, index } = place;
  const images = await ImageStore.create(folder, {
    nearDuplicates,
    scratchFolder,
    longestSide: longestImageSide,
  });
  const filters = await Filters.open({ recipe, index, scratchFolder });
  const collection = {
    seen: new HashSet(),
    scratchFolder,
    images,
    filters,
    maxBrokenShare,
  };
  const collected = new Map<RecipeSource, CollectedSource>();
  const measuredFirst = sources.toSorted(
    (a, b) => Number(b.description.heldoutOnly) - Number(a.description.heldoutOnly),
  );
  let isComplete = false;
  try {
    for (const { description, source } of measuredFirst) {
      const counts = yield* collect(description, source, collection);
      const integrity = (await source.fetch?.()) ?? null;
      collected.set(description, { description, counts, integrity });
    }
    isComplete = true;
  } finally {
    if (!isComplete) await Promise.all([images.abandon(), filters.abandon()]);
  }
  const removed = "removed.jsonl";
  const files = { [removed]: await filters.finish(join(folder, removed)) };
  const inOrder = sources.map(({ description }) => collected.get(description)!);
  return { collected: inOrder, images, files, forgotten: filters.forgotten };
}

function explainFullDisk(error: unknown, folder: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOSPC") return error;
  return new DataError(
    `data build: the disk that holds ${folder} is full; free space (about 3 times the text) and build again; nothing that was there has changed`,
    { cause: error },
  );
}
