import { join } from "node:path";
import type { ContaminationIndex } from "../contamination/contamination-index.ts";
import type { Document, Split } from "../document.ts";
import { NearDuplicates } from "../near-duplicates/near-duplicates.ts";
import type { Recipe } from "../recipe.ts";
import { digestOf } from "./digest.ts";
import { RemovedLog } from "./removed-log.ts";

/** What a build looks for beside equal documents. */
export interface FilterOptions {
  readonly recipe: Recipe;
  readonly index: ContaminationIndex;
  readonly scratchFolder: string;
}

/**
 * Leaves out of a data set what nearly repeats an earlier document and, of training text, what an
 * evaluation item stands in.
 */
export class Filters {
  readonly #index: ContaminationIndex;
  readonly #nearDuplicates: NearDuplicates | undefined;
  /** Texts of documents with images, together with the images' clusters. */
  readonly #seenWithImages = new Map<string, number>();
  readonly #log: RemovedLog;
  #documents = 0;

  private constructor(options: FilterOptions, log: RemovedLog) {
    const { recipe, index, scratchFolder } = options;
    this.#index = index;
    this.#log = log;
    const { nearDuplicates: jaccard, seed } = recipe;
    const signatureFile = join(scratchFolder, "signatures");
    this.#nearDuplicates =
      jaccard === false ? undefined : new NearDuplicates({ jaccard, signatureFile, seed });
  }

  /** Opens the filters; their scratch files lie in the folder until `finish`. */
  static async open(options: FilterOptions): Promise<Filters> {
    return new Filters(options, await RemovedLog.create(options.scratchFolder));
  }

  /** Documents that were forgotten for want of memory: what repeats them was not found. */
  get forgotten(): number {
    return this.#nearDuplicates?.forgotten ?? 0;
  }

  /** Whether a document that nearly repeats an earlier one was noted as left out. */
  async isNearDuplicate(document: Document, text: string): Promise<boolean> {
    if (this.#nearDuplicates === undefined) return false;
    const twin = this.#twinOf(document, text);
    await this.#log.name(document);
    this.#documents++;
    if (twin === undefined) return false;
    await this.#log.remove(document, { reason: "near duplicate", ...twin });
    return true;
  }

  /** Whether a training document with an evaluation item in it was noted as left out. */
  async isContaminated(document: Document, text: string, split: Split): Promise<boolean> {
    if (split !== "train") return false;
    const [hit] = this.#index.check(text);
    if (hit === undefined) return false;
    const { set, id: item, excerpt } = hit;
    await this.#log.remove(document, { reason: "evaluation item", set, item, excerpt });
    return true;
  }

  /** Writes what was left out; gives the file's SHA-256. */
  async finish(path: string): Promise<string> {
    this.#nearDuplicates?.close();
    return this.#log.finish(path);
  }

  /** Frees the scratch files after a failure. */
  async abandon(): Promise<void> {
    this.#nearDuplicates?.close();
    await this.#log.abandon();
  }

  /** An image document repeats another when all its words and, nearly, its images do. */
  #twinOf({ images = [] }: Document, text: string) {
    // both count documents alike, so that a number means one document
    const near = this.#nearDuplicates!.find(images.length === 0 ? text : "");
    if (images.length === 0) return near && { twin: near.document, jaccard: near.jaccard };
    const clusters = images.map(({ cluster }) => String(cluster));
    const { high, low } = digestOf(Buffer.from(text), clusters);
    const key = `${high} ${low}`;
    const twin = this.#seenWithImages.get(key);
    if (twin === undefined) this.#seenWithImages.set(key, this.#documents);
    return twin === undefined ? undefined : { twin };
  }
}
