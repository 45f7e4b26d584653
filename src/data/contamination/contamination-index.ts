import { hashText, Random } from "../random.ts";
import { DocumentScan } from "./document-scan.ts";
import { lettersAndDigits } from "./letters-and-digits.ts";
import { passageLength } from "./passage.ts";
import { PassageTable } from "./passage-table.ts";
import { shortQuestion } from "./question-text.ts";

/** Drawn from each evaluation item (GPT-4 technical report, appendix C). */
const passagesPerItem = 3;

/** A question of an evaluation set, as training text would contain it. */
export interface EvaluationItem {
  /** The evaluation set that it belongs to. */
  readonly set: string;
  readonly id: string;
  readonly text: string;
}

/** An evaluation item that a training document contains. */
export interface Hit {
  readonly set: string;
  readonly id: string;
  /** The matching place as the document writes it, on one line, at most 200 characters. */
  readonly excerpt: string;
}

/**
 * Finds evaluation items in training documents. Both sides are reduced to letters and digits, case
 * kept. An item is found when any of three random 50-unit passages of it stands in a document; one
 * of under 50 units only when a whole document or a whole line equals it, with or without `Q:`
 * before it (an item of n lines: up to n lines in a row). Matches are verified unit by unit.
 *
 * Memory grows with the evaluation items, about 0.4 kB each, never with the training text.
 *
 * @see GPT-4 technical report, appendix C
 */
export class ContaminationIndex {
  readonly #table = new PassageTable();
  readonly #scan = new DocumentScan(this.#table);
  readonly #sets = new Map<string, number>();
  readonly #setNames: string[] = [];
  readonly #ids: string[] = [];

  private constructor() {}

  /**
   * Reads all items. Which passages are drawn depends on the seed and the item's text alone, not on
   * the order of the items.
   */
  static async build(
    items: Iterable<EvaluationItem> | AsyncIterable<EvaluationItem>,
    { seed }: { readonly seed: number },
  ): Promise<ContaminationIndex> {
    const index = new ContaminationIndex();
    for await (const item of items) index.#add(item, seed);
    return index;
  }

  /** How many items it was built from. */
  get items(): number {
    return this.#ids.length;
  }

  /** Items by evaluation set. */
  get sets(): ReadonlyMap<string, number> {
    return this.#sets;
  }

  /** The items that one training document contains, each once. */
  check(text: string): readonly Hit[] {
    const hits = new Map<number, Hit>();
    this.#scan.run(text.normalize("NFC"), (passage, excerpt) => {
      for (const item of this.#table.itemsOf(passage)) {
        if (hits.has(item)) continue;
        hits.set(item, { set: this.#setNames[item]!, id: this.#ids[item]!, excerpt });
      }
    });
    return [...hits.values()];
  }

  #add({ set, id, text }: EvaluationItem, seed: number): void {
    const number = this.#ids.push(id) - 1;
    this.#setNames.push(set);
    this.#sets.set(set, (this.#sets.get(set) ?? 0) + 1);
    const normalised = lettersAndDigits(text);
    if (normalised.length < passageLength) {
      const { text: question, lines } = shortQuestion(text);
      if (question !== "") this.#table.add(question, number, lines);
      return;
    }
    for (const start of passageStarts(normalised, seed)) {
      this.#table.add(normalised.slice(start, start + passageLength), number, 0);
    }
  }
}

/** Where an item's passages begin: distinct places, all of them when there are no more. */
function passageStarts(normalised: string, seed: number): Iterable<number> {
  const last = normalised.length - passageLength;
  const wanted = Math.min(passagesPerItem, last + 1);
  const random = new Random(seed, hashText(normalised));
  const starts = new Set<number>();
  while (starts.size < wanted) starts.add(random.integer(0, last));
  return starts;
}
