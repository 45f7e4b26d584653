import { Borrowing, emptyBin } from "./borrowing.ts";
import { mix32 } from "./mix.ts";
import { shingleWords } from "./shingles.ts";
import { rollShingles, WordHasher } from "./word-hasher.ts";

/** Values of a signature; each agrees with the probability of the texts' Jaccard similarity. */
export const signatureLength = 126;

/**
 * Texts with fewer shingles (below 12 words) are compared as wholes: one other word in such a text
 * is another text (`3 + 4 is 7`), while their similarity would jump by a sixth and more.
 */
const fewestShingles = 8;

/** How a text is compared: by its shingles, as a whole, or not at all as it has no word. */
export type SignatureKind = "shingles" | "whole" | "none";

const golden = 0x9e3779b1;

/**
 * MinHash of the word 5-grams of texts, one hash of each shingle and one permutation in 126 bins;
 * an empty bin borrows from the first full one in an order of its own, so that texts of any length
 * have whole signatures and the share of equal values is an unbiased estimate of the similarity.
 * Of each minimum 16 bits are kept.
 *
 * @see Broder 1997; Li, Owen, Zhang 2012, "One permutation hashing", arXiv 1208.1259; Shrivastava
 *   2017, "Optimal densification for fast and accurate minwise hashing", arXiv 1703.04664; Li, Koenig
 *   2010, "b-bit minwise hashing", arXiv 0910.3349
 */
export class MinHash {
  readonly #words = new WordHasher();
  readonly #minima = new Uint32Array(signatureLength);
  readonly #seed: number;
  readonly #borrowing: Borrowing;

  /** @param seed - an integer; signatures of different seeds cannot be compared */
  constructor(seed = 0) {
    this.#seed = mix32(seed + golden);
    this.#borrowing = new Borrowing(signatureLength, this.#seed);
  }

  /** Writes the signature of a text, `signatureLength` values of 16 bits; nothing for "none". */
  sign(text: string, signature: Uint16Array): SignatureKind {
    const words = this.#words.hash(text);
    if (words.length === 0) return "none";
    const isWhole = words.length < shingleWords + fewestShingles - 1;
    if (isWhole) this.#hashWhole(words);
    else this.#takeMinima(rollShingles(words));
    const minima = this.#minima;
    for (let bin = 0; bin < signatureLength; bin++) {
      signature[bin] = mix32(minima[bin]! ^ Math.imul(bin + 1, golden));
    }
    return isWhole ? "whole" : "shingles";
  }

  /** Fills the bins with 64 bits of the sequence of words. */
  #hashWhole(words: Uint32Array): void {
    let [first, second] = [this.#seed, words.length];
    for (const word of words) {
      first = mix32(first ^ word);
      second = Math.imul(second ^ word, golden) ^ (first >>> 7);
    }
    for (let bin = 0; bin < signatureLength; bin++) {
      this.#minima[bin] = Math.imul(first, 2 * bin + 1) + second;
    }
  }

  #takeMinima(shingles: Uint32Array): void {
    const minima = this.#minima;
    minima.fill(emptyBin);
    const seed = this.#seed;
    for (let i = 0; i < shingles.length; i++) {
      const hash = mix32(shingles[i]! ^ seed);
      // The upper 16 bits choose the bin; 31 bits are compared, so that none passes for `emptyBin`.
      const bin = Math.imul(hash >>> 16, signatureLength) >>> 16;
      const value = hash >>> 1;
      if (value < minima[bin]!) minima[bin] = value;
    }
    this.#borrowing.fill(minima);
  }
}

/** The share of equal values of two signatures, less what 16 bits agree in by chance; in [0, 1]. */
export function estimateJaccard(a: Uint16Array, b: Uint16Array): number {
  let equal = 0;
  for (let i = 0; i < signatureLength; i++) if (a[i] === b[i]) equal++;
  const byChance = 2 ** -16;
  return Math.max(0, (equal / signatureLength - byChance) / (1 - byChance));
}
