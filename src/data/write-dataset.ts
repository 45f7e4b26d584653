import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { DataError } from "../errors.ts";
import { byteTokenizer, type OwnTokenizer } from "../model/text/tokenizer.ts";
import { saveTokenizer } from "../model/text/tokenizer-file.ts";
import { trainTokenizer } from "../model/text/train-tokenizer.ts";
import type { DataEvent } from "./data-event.ts";
import { type Split, splits } from "./document.ts";
import type { ImageStore } from "./images/image-store.ts";
import { lossesOf, type Manifest, type SourceManifest } from "./manifest.ts";
import { writeTestItems } from "./primer/test-items.ts";
import { type Recipe, recipeHash } from "./recipe.ts";
import { isGenerated } from "./source-origin.ts";
import { openEncoder } from "./steps/batch-encoder.ts";
import { type CollectedSource, spoolPath } from "./steps/collect.ts";
import { sampleTexts } from "./steps/sample.ts";
import { tokenise } from "./steps/tokenise.ts";

/** What the second pass starts from. */
export interface CollectedRecipe {
  readonly recipe: Recipe;
  readonly collected: readonly CollectedSource[];
  readonly fingerprint: string;
  /** SHA-256 of files that are complete, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly contamination: Manifest["contamination"];
  /** Documents that near duplicates were no longer looked for of. */
  readonly forgotten: number;
}

/** Where the second pass works. */
export interface WritePlace {
  /** Gets the data set's files. */
  readonly folder: string;
  /** Holds the spools of the first pass. */
  readonly scratchFolder: string;
  readonly threads: number | undefined;
  /** Completed here, with the images of test questions. */
  readonly images: ImageStore;
}

/**
 * Second pass of a build: tokenizer, token files, test questions, manifest (not yet written).
 *
 * @throws {DataError} when nothing is left to train on or to measure
 */
export async function* writeDataset(
  made: CollectedRecipe,
  place: WritePlace,
): AsyncGenerator<DataEvent, { readonly manifest: Manifest; readonly warnings: string[] }> {
  const { recipe, collected, fingerprint, contamination, forgotten } = made;
  let isComplete = false;
  let written: WrittenFiles;
  try {
    written = yield* writeFiles(made, place);
    isComplete = true;
  } finally {
    // Also when whoever reads the events stops early.
    if (!isComplete) await place.images.abandon();
  }
  const { tokenizer, tokens, tasks } = written;
  const files = { ...written.files, ...(await place.images.finish()) };
  const sources = describeSources(collected, tokens);
  const hash = recipeHash(recipe);
  const manifest: Manifest = {
    version: 4,
    name: recipe.name,
    recipeHash: hash,
    hash: createHash("sha256")
      .update(JSON.stringify([hash, Object.entries(files).sort()]))
      .digest("hex"),
    fingerprint,
    tokenizer: { kind: tokenizer.kind, vocabSize: tokenizer.vocabSize },
    sources,
    losses: lossesOf(sources),
    longestImageSide: recipe.longestImageSide,
    tasks,
    contamination,
    files,
  };
  const warnings = warningsAbout(collected);
  if (forgotten > 0) {
    warnings.push(`near duplicates of the first ${forgotten} documents may have stayed: memory`);
  }
  return { manifest, warnings };
}

interface WrittenFiles {
  readonly tokenizer: OwnTokenizer;
  readonly tokens: ReadonlyMap<string, WrittenSource>;
  readonly tasks: string[];
  /** SHA-256 by path; all but those of the images. */
  readonly files: Readonly<Record<string, string>>;
}

async function* writeFiles(
  { recipe, collected, files: complete }: CollectedRecipe,
  place: WritePlace,
): AsyncGenerator<DataEvent, WrittenFiles> {
  requireTrainingText(collected);
  requireHeldoutText(recipe, collected);
  const files: Record<string, string> = { ...complete };
  const tokenizer = yield* makeTokenizer(recipe, collected, place);
  await saveTokenizer(place.folder, tokenizer);
  for (const file of ["tokenizer.json", "tokenizer_config.json"]) {
    files[file] = await sha256(join(place.folder, file));
  }
  const tokens = yield* writeTokens(collected, tokenizer, { ...place, files });
  const tasks = await writeTestItems(recipe, join(place.folder, "tasks"), place.images);
  for (const task of tasks) {
    const file = `tasks/${task}.jsonl`;
    files[file] = await sha256(join(place.folder, file));
  }
  return { tokenizer, tokens, tasks, files };
}

async function* makeTokenizer(
  { tokenizer: kind, vocabSize, tokenizerSampleBytes }: Recipe,
  collected: readonly CollectedSource[],
  { scratchFolder }: WritePlace,
): AsyncGenerator<DataEvent, OwnTokenizer> {
  if (kind === "byte") return byteTokenizer();
  yield { type: "tokenizer-start", vocabSize };
  const started = performance.now();
  const sources = collected
    .filter(({ counts }) => counts.bytes.train > 0)
    .map(({ description: { name, weight }, counts }) => ({
      spool: spoolPath(scratchFolder, name, "train"),
      bytes: counts.bytes.train,
      weight,
    }));
  const taken = { bytes: 0 };
  const sample = sampleTexts(sources, tokenizerSampleBytes, taken);
  const trained = await trainTokenizer(sample, {
    vocabSize,
    sampleBytes: Number.POSITIVE_INFINITY,
  });
  const seconds = (performance.now() - started) / 1000;
  yield { type: "tokenizer-end", vocabSize: trained.vocabSize, sampleBytes: taken.bytes, seconds };
  return trained;
}

interface WrittenSource {
  readonly tokens: Record<Split, number>;
  readonly images: Record<Split, number>;
}

/** Tokens written, by source and split. */
async function* writeTokens(
  collected: readonly CollectedSource[],
  tokenizer: OwnTokenizer,
  place: WritePlace & { readonly files: Record<string, string> },
): AsyncGenerator<DataEvent, Map<string, WrittenSource>> {
  const totalBytes = collected.reduce((sum, { counts }) => sum + sumSplits(counts.bytes), 0);
  yield { type: "tokens-start", bytes: totalBytes };
  const started = performance.now();
  const written = new Map<string, WrittenSource>();
  const encoder = openEncoder(tokenizer, { totalBytes, threads: place.threads });
  const tools = {
    encoder,
    tokenizer,
    gridOf: (image: number) => place.images.grid(image),
    progress: { doneBytes: 0, totalBytes },
  };
  try {
    for (const { description, counts } of collected) {
      const source = description.name;
      const tokens = { train: 0, validation: 0, heldout: 0 };
      const images = { ...tokens };
      written.set(source, { tokens, images });
      for (const split of splits.filter((candidate) => counts.documents[candidate] > 0)) {
        await mkdir(join(place.folder, split), { recursive: true });
        const base = `${split}/${source}`;
        const spool = spoolPath(place.scratchFolder, source, split);
        const job = { source, split, spool, target: join(place.folder, base) };
        const { files, ...totals } = yield* tokenise(job, tools);
        for (const [ending, hash] of Object.entries(files)) place.files[base + ending] = hash;
        await writeFile(join(place.folder, `${base}.json`), `${JSON.stringify(totals)}\n`);
        tokens[split] = totals.tokens;
        images[split] = totals.images;
      }
    }
  } finally {
    await encoder.close();
  }
  const total = [...written.values()].reduce((sum, { tokens }) => sum + sumSplits(tokens), 0);
  const seconds = (performance.now() - started) / 1000;
  yield { type: "tokens-end", tokens: total, seconds };
  return written;
}

function describeSources(
  collected: readonly CollectedSource[],
  written: ReadonlyMap<string, WrittenSource>,
): SourceManifest[] {
  const trained = collected.filter(({ counts }) => counts.documents.train > 0);
  const totalWeight = trained.reduce((sum, { description }) => sum + description.weight, 0);
  return collected.map(({ description, counts, integrity }) => ({
    name: description.name,
    loss: description.loss,
    weight: counts.documents.train > 0 ? description.weight / totalWeight : 0,
    heldoutOnly: description.heldoutOnly,
    isGenerated: isGenerated(description.from),
    licence: description.licence,
    origin: description.origin,
    integrity,
    ...counts,
    ...written.get(description.name)!,
  }));
}

function sumSplits(counts: Readonly<Record<Split, number>>): number {
  return splits.reduce((sum, split) => sum + counts[split], 0);
}

function requireTrainingText(collected: readonly CollectedSource[]): void {
  if (collected.some(({ counts }) => counts.documents.train > 0)) return;
  throw new DataError(
    "data build: expected text to train on, got only validation and held-out text; add a source without heldoutOnly, or more documents",
  );
}

function requireHeldoutText({ split }: Recipe, collected: readonly CollectedSource[]): void {
  for (const loss of new Set(collected.map(({ description }) => description.loss))) {
    const sources = collected.filter(({ description }) => description.loss === loss);
    if (sources.some(({ counts }) => counts.documents.heldout > 0)) continue;
    const documents = sources.reduce((sum, { counts }) => sum + counts.documents.train, 0);
    throw new DataError(
      `data build: expected held-out documents for the loss "${loss}", got none of ${documents}; raise split.heldout (now ${split.heldout}) or add documents`,
    );
  }
}

function warningsAbout(collected: readonly CollectedSource[]): string[] {
  return collected.flatMap(({ description: { name, heldoutOnly, split }, counts }) => {
    const warnings: string[] = [];
    if (counts.invalidSequences > 0) {
      warnings.push(`source "${name}": ${counts.invalidSequences} sequences were not UTF-8`);
    }
    if (!heldoutOnly && split.validation > 0 && counts.documents.validation === 0) {
      warnings.push(`source "${name}": too few documents for a validation set`);
    }
    return warnings;
  });
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
