// More than any distance, and still an integer of 32 bits when one is added.
const unreached = 1e9;

/** How many words of the hypothesis and of the reference a step of the alignment takes. */
interface Step {
  readonly words: number;
  readonly references: number;
}

const pair: Step = { words: 1, references: 1 };
const deletion: Step = { words: 1, references: 0 };
const insertion: Step = { words: 0, references: 1 };

/** Which word of the hypothesis stands for each word of the reference, and which words are wrong. */
export interface WordAlignment {
  /** By word of the reference: the word of the hypothesis, or -1 before the first. */
  readonly position: Int32Array;
  readonly isReferenceWrong: Uint8Array;
  readonly isHypothesisWrong: Uint8Array;
}

/**
 * Edit distances of orders of the same words to one reference, within a beam around the diagonal as
 * tercom computes them. Of one order, the base, the whole table is kept: an order that begins with
 * the same words needs only the rest.
 */
export class BeamEditDistance {
  readonly #reference: Int32Array;
  readonly #length: number;
  readonly #width: number;
  readonly #base: Int32Array;
  readonly #table: Int32Array;

  /** @param length - number of words of the hypothesis */
  constructor(reference: Int32Array, length: number) {
    this.#reference = reference;
    this.#length = length;
    this.#width = reference.length + 1;
    // A row has the same beam in every table, so what lies outside stays unreached.
    this.#base = new Int32Array((length + 1) * this.#width).fill(unreached);
    this.#table = this.#base.slice();
    for (let j = 0; j < this.#width; j++) this.#base[j] = j;
  }

  /** Makes an order of the words the base and gives its distance. */
  setBase(words: Int32Array): number {
    for (let i = 1; i <= this.#length; i++) this.#fillRow(this.#base, i, this.#base, words[i - 1]!);
    return this.#base.at(-1)!;
  }

  /** The distance of an order of the words that is the base's before position `from`. */
  distance(words: Int32Array, from: number): number {
    for (let i = from + 1; i <= this.#length; i++) {
      const above = i === from + 1 ? this.#base : this.#table;
      this.#fillRow(this.#table, i, above, words[i - 1]!);
    }
    return (from < this.#length ? this.#table : this.#base).at(-1)!;
  }

  /** Fills the beam of row `i` of a table; the row above may be another table's. */
  #fillRow(table: Int32Array, i: number, above: Int32Array, word: number): void {
    const { low, high } = this.#beam(i);
    const row = i * this.#width;
    const before = row - this.#width;
    for (let j = low; j < high; j++) {
      let least = above[before + j]! + 1;
      if (j > 0) {
        const kept = above[before + j - 1]! + (word === this.#reference[j - 1] ? 0 : 1);
        if (kept < least) least = kept;
        const inserted = table[row + j - 1]! + 1;
        if (inserted < least) least = inserted;
      }
      table[row + j] = Math.min(least, unreached);
    }
  }

  /** The columns of row `i` that are computed: 25 around the diagonal, all to its end in the last. */
  #beam(i: number): { readonly low: number; readonly high: number } {
    const ratio = this.#reference.length / this.#length;
    const half = ratio / 2 > 25 ? Math.ceil(ratio / 2 + 25) : 25;
    const diagonal = Math.floor(i * ratio);
    return {
      low: Math.max(0, diagonal - half),
      high: i === this.#length ? this.#width : Math.min(this.#width, diagonal + half),
    };
  }

  /** How the base becomes the reference: words kept or replaced first, then left out, then added. */
  align(words: Int32Array): WordAlignment {
    const position = new Int32Array(this.#reference.length);
    const isReferenceWrong = new Uint8Array(this.#reference.length);
    const isHypothesisWrong = new Uint8Array(this.#length);
    let [i, j] = [this.#length, this.#reference.length];
    while (i > 0 || j > 0) {
      const isSame = words[i - 1] === this.#reference[j - 1];
      const step = this.#stepTo(i, j, isSame);
      const isWrong = step === pair && isSame ? 0 : 1;
      if (step.words === 1) isHypothesisWrong[i - 1] = isWrong;
      if (step.references === 1) {
        position[j - 1] = i - 1;
        isReferenceWrong[j - 1] = isWrong;
      }
      i -= step.words;
      j -= step.references;
    }
    return { position, isReferenceWrong, isHypothesisWrong };
  }

  #stepTo(i: number, j: number, isSame: boolean): Step {
    if (i === 0) return insertion;
    const at = i * this.#width + j;
    const value = this.#base[at]!;
    if (j > 0 && this.#base[at - this.#width - 1]! + (isSame ? 0 : 1) === value) return pair;
    return this.#base[at - this.#width]! + 1 === value ? deletion : insertion;
  }
}
