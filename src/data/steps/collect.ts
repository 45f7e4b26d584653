import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { DataError } from "../../errors.ts";
import type { CollectedCounts, DataEvent } from "../data-event.ts";
import {
  type BrokenItem,
  type Document,
  type SourceCounts,
  type Split,
  splits,
} from "../document.ts";
import type { RecipeSource } from "../recipe.ts";
import { isGenerated } from "../source-origin.ts";
import type { ImageSink, Reading, Source } from "../sources/source.ts";
import { normalise } from "./decode.ts";
import { digestOf, splitOf } from "./digest.ts";
import type { Filters } from "./filters.ts";
import type { HashSet } from "./hash-set.ts";
import { SpoolWriter } from "./spool.ts";

const progressBytes = 4 * 2 ** 20;

/** Broken records that the manifest names. */
const namedItems = 20;

/** What the first pass shares between sources. */
export interface Collection {
  readonly images: ImageSink;
  readonly filters: Filters;
  /** Share of a source's records that may be broken. */
  readonly maxBrokenShare: number;
  /** The documents of all sources so far. */
  readonly seen: HashSet;
  readonly scratchFolder: string;
}

/** A source after the first pass. */
export interface CollectedSource {
  readonly description: RecipeSource;
  readonly counts: CollectedCounts;
  /** Of what was fetched for it; null when nothing was. */
  readonly integrity: string | null;
}

/** Where the documents of a source and split wait for the tokenizer. */
export function spoolPath(scratchFolder: string, source: string, split: Split): string {
  return join(scratchFolder, `${source}.${split}.spool`);
}

/**
 * First pass over a source: normalise, drop what was seen before, split, spool.
 *
 * @throws {DataError} when the source has no text
 */
export async function* collect(
  description: RecipeSource,
  source: Source,
  collection: Collection,
): AsyncGenerator<DataEvent, CollectedCounts> {
  const { name } = description;
  yield { type: "source-start", source: name };
  const started = performance.now();
  const counts: SourceCounts = { invalidSequences: 0, skipped: 0, broken: [] };
  const reading: Reading = Object.assign(counts, { images: collection.images });
  const sorter = await Sorter.create(description, collection);
  let isComplete = false;
  try {
    let reported = 0;
    for await (const document of source.documents(collection.scratchFolder, reading)) {
      await sorter.add(document);
      if (sorter.bytes >= description.maxBytes) break;
      if (sorter.bytes - reported >= progressBytes) {
        reported = sorter.bytes;
        yield { type: "source-delta", source: name, documents: sorter.documents, bytes: reported };
      }
    }
    isComplete = true;
  } finally {
    // Also when whoever reads the events stops early.
    if (!isComplete) await sorter.abandon();
  }
  checkBroken(description, counts.broken, { ...collection, documents: sorter.seen });
  const { invalidSequences, skipped, broken } = counts;
  const collected = {
    ...(await sorter.finish()),
    ...{ invalidSequences, skipped, broken: broken.length },
    brokenItems: broken.slice(0, namedItems),
  };
  if (sorter.documents === 0) {
    throw new DataError(
      `source "${name}": expected text, found none (${sorter.duplicates} duplicates, ${sorter.blank} blank, ${counts.skipped} skipped); check what it points at (${description.origin}), or leave it out of the recipe`,
    );
  }
  const seconds = { total: secondsSince(started), ...sorter.seconds };
  yield { type: "source-end", source: name, seconds, ...collected };
  return collected;
}

function checkBroken(
  { name }: RecipeSource,
  broken: readonly BrokenItem[],
  limits: { readonly maxBrokenShare: number; readonly documents: number },
): void {
  const records = limits.documents + broken.length;
  if (broken.length <= limits.maxBrokenShare * records) return;
  const first = broken.slice(0, 5).map(({ item, reason }) => `${item}: ${reason}`);
  throw new DataError(
    `source "${name}": ${broken.length} of ${records} records are broken, expected at most a share of ${limits.maxBrokenShare} (maxBrokenShare); the first: ${first.join("; ")}`,
  );
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

/** Puts documents where they belong and counts. */
class Sorter {
  duplicates = 0;
  nearDuplicates = 0;
  contaminated = 0;
  blank = 0;
  /** Documents that came. */
  seen = 0;
  readonly seconds = { nearDuplicates: 0, contamination: 0 };
  readonly #collection: Collection;
  readonly #source: RecipeSource;
  readonly #spools: Readonly<Record<Split, SpoolWriter>>;

  private constructor(
    collection: Collection,
    source: RecipeSource,
    spools: Readonly<Record<Split, SpoolWriter>>,
  ) {
    this.#collection = collection;
    this.#source = source;
    this.#spools = spools;
  }

  static async create(source: RecipeSource, collection: Collection): Promise<Sorter> {
    const open = (split: Split) =>
      SpoolWriter.create(spoolPath(collection.scratchFolder, source.name, split));
    const spools = {
      train: await open("train"),
      validation: await open("validation"),
      heldout: await open("heldout"),
    };
    return new Sorter(collection, source, spools);
  }

  get documents(): number {
    return splits.reduce((sum, split) => sum + this.#spools[split].documents, 0);
  }

  get bytes(): number {
    return splits.reduce((sum, split) => sum + this.#spools[split].bytes, 0);
  }

  async add(document: Document): Promise<void> {
    const { images = [], splitKey, hasSpecialTokens } = document;
    const text = normalise(document.text);
    const bytes = Buffer.from(text);
    this.seen++;
    if (bytes.length === 0) {
      this.blank++;
      return;
    }
    const digest = digestOf(
      bytes,
      images.map(({ hash }) => hash),
    );
    if (!this.#collection.seen.add(digest.high, digest.low)) {
      this.duplicates++;
      return;
    }
    const key = splitKey === undefined ? digest : digestOf(Buffer.from(splitKey));
    const split = this.#source.heldoutOnly ? "heldout" : splitOf(key, this.#source.split);
    if (await this.#isFiltered(document, text, split)) return;
    const numbers = images.map(({ number }) => number);
    const { sampleShare } = digest;
    await this.#spools[split].write({ bytes, sampleShare, hasSpecialTokens, images: numbers });
  }

  /** Generated text repeats itself on purpose, and its test questions are never in it. */
  async #isFiltered(document: Document, text: string, split: Split): Promise<boolean> {
    if (isGenerated(this.#source.from)) return false;
    const { filters } = this.#collection;
    const started = performance.now();
    const isNearDuplicate = await filters.isNearDuplicate(document, text);
    this.seconds.nearDuplicates += secondsSince(started);
    if (isNearDuplicate) {
      this.nearDuplicates++;
      return true;
    }
    const compared = performance.now();
    const isContaminated = await filters.isContaminated(document, text, split);
    this.seconds.contamination += secondsSince(compared);
    if (isContaminated) this.contaminated++;
    return isContaminated;
  }

  async finish(): Promise<
    Omit<CollectedCounts, "invalidSequences" | "skipped" | "broken" | "brokenItems">
  > {
    for (const split of splits) await this.#spools[split].finish();
    const { train, validation, heldout } = this.#spools;
    return {
      documents: {
        train: train.documents,
        validation: validation.documents,
        heldout: heldout.documents,
      },
      bytes: { train: train.bytes, validation: validation.bytes, heldout: heldout.bytes },
      duplicates: this.duplicates,
      nearDuplicates: this.nearDuplicates,
      contaminated: this.contaminated,
    };
  }

  async abandon(): Promise<void> {
    for (const split of splits) await this.#spools[split].abandon();
  }
}
