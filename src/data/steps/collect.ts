import { join } from "node:path";
import { DataError } from "../../errors.ts";
import type { CollectedCounts, DataEvent } from "../data-event.ts";
import { type Document, type SourceCounts, type Split, splits } from "../document.ts";
import type { RecipeSource } from "../recipe.ts";
import type { Source } from "../sources/source.ts";
import { normalise } from "./decode.ts";
import { digestOf, splitOf } from "./digest.ts";
import type { HashSet } from "./hash-set.ts";
import { SpoolWriter } from "./spool.ts";

const progressBytes = 4 * 2 ** 20;

/** What the first pass shares between sources. */
export interface Collection {
  /** The documents of all sources so far. */
  readonly seen: HashSet;
  readonly shares: { readonly validation: number; readonly heldout: number };
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
  const counts: SourceCounts = { invalidSequences: 0, skipped: 0 };
  const sorter = await Sorter.create(description, collection);
  let isComplete = false;
  try {
    let reported = 0;
    for await (const document of source.documents(collection.scratchFolder, counts)) {
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
  const collected = { ...(await sorter.finish()), ...counts };
  if (sorter.documents === 0) {
    throw new DataError(
      `source "${name}": expected text, found none (${sorter.duplicates} duplicates, ${sorter.blank} blank, ${counts.skipped} skipped); check what it points at (${description.origin}), or leave it out of the recipe`,
    );
  }
  yield { type: "source-end", source: name, ...collected };
  return collected;
}

/** Puts documents where they belong and counts. */
class Sorter {
  duplicates = 0;
  blank = 0;
  readonly #collection: Collection;
  readonly #heldoutOnly: boolean;
  readonly #spools: Readonly<Record<Split, SpoolWriter>>;

  private constructor(
    collection: Collection,
    heldoutOnly: boolean,
    spools: Readonly<Record<Split, SpoolWriter>>,
  ) {
    this.#collection = collection;
    this.#heldoutOnly = heldoutOnly;
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
    return new Sorter(collection, source.heldoutOnly, spools);
  }

  get documents(): number {
    return splits.reduce((sum, split) => sum + this.#spools[split].documents, 0);
  }

  get bytes(): number {
    return splits.reduce((sum, split) => sum + this.#spools[split].bytes, 0);
  }

  async add({ text, hasSpecialTokens }: Document): Promise<void> {
    const bytes = Buffer.from(normalise(text));
    if (bytes.length === 0) {
      this.blank++;
      return;
    }
    const digest = digestOf(bytes);
    if (!this.#collection.seen.add(digest.high, digest.low)) {
      this.duplicates++;
      return;
    }
    const split = this.#heldoutOnly ? "heldout" : splitOf(digest, this.#collection.shares);
    const { sampleShare } = digest;
    await this.#spools[split].write({ bytes, sampleShare, hasSpecialTokens });
  }

  async finish(): Promise<Pick<CollectedCounts, "documents" | "bytes" | "duplicates">> {
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
    };
  }

  async abandon(): Promise<void> {
    for (const split of splits) await this.#spools[split].abandon();
  }
}
