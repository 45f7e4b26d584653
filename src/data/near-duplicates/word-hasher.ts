import { mix32 } from "./mix.ts";
import { normaliseText, shingleWords, wordsOf } from "./shingles.ts";

// What a UTF-16 unit folds to: unknown so far, no part of a word, only to be told from its
// neighbours, or else the unit of the word (all of them lie above 2).
const separator = 1;
const dependent = 2;

const isWordUnit = /^[\p{L}\p{N}_]$/u;
// Marks compose with the letter before them and Hangul jamo with each other.
const isComposing = /[\p{M}\u1100-\u11ff\ud800-\udfff]/u;
const blank = 0x20;
const sigma = "\u03a3"; // lower case differs at the end of a word

const hashStart = 0x811c9dc5; // FNV-1a
const hashPrime = 0x01000193;

/**
 * Hashes the words of texts, the words of `wordsOf`, without building strings: a unit that folds to
 * one unit by itself is read from a table; only the stretch between two ASCII blanks that holds
 * another one (nothing composes over a blank) goes through `wordsOf`.
 */
export class WordHasher {
  readonly #folded = new Uint16Array(2 ** 16); // filled as units are met
  #hashes = new Uint32Array(1024);
  #count = 0;

  /** A 32-bit hash of each word, in order; overwritten by the next call. */
  hash(text: string): Uint32Array {
    this.#count = 0;
    let stretch = 0; // where the stretch between blanks begins, and the words before it
    let wordsBefore = 0;
    for (let at = 0; at < text.length; ) {
      const unit = text.charCodeAt(at);
      const fold = this.#folded[unit]! || this.#learn(unit);
      if (fold > dependent) {
        at = this.#readWord(text, at);
      } else if (fold === dependent) {
        at = endOfStretch(text, at);
        this.#count = wordsBefore;
        for (const word of wordsOf(text.slice(stretch, at))) this.#push(hashWord(word));
      } else {
        at++;
        if (!isBlank(unit)) continue;
        stretch = at;
        wordsBefore = this.#count;
      }
    }
    return this.#hashes.subarray(0, this.#count);
  }

  /** Hashes the units that fold by themselves; returns where they end. */
  #readWord(text: string, start: number): number {
    let hash = hashStart;
    let at = start;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const fold = this.#folded[unit]! || this.#learn(unit);
      if (fold <= dependent) break;
      hash = Math.imul(hash ^ fold, hashPrime);
    }
    this.#push(mix32(hash));
    return at;
  }

  #learn(unit: number): number {
    const character = String.fromCharCode(unit);
    const normal = normaliseText(character);
    const alone =
      normal.length <= 1 &&
      character !== sigma &&
      !isComposing.test(character) &&
      !isComposing.test(character.normalize("NFKC"));
    const fold = !alone ? dependent : isWordUnit.test(normal) ? normal.charCodeAt(0) : separator;
    this.#folded[unit] = fold;
    return fold;
  }

  #push(hash: number): void {
    if (this.#count === this.#hashes.length) {
      const larger = new Uint32Array(this.#hashes.length * 2);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[this.#count++] = hash;
  }
}

function isBlank(unit: number): boolean {
  return unit === blank || (unit >= 0x09 && unit <= 0x0d);
}

function endOfStretch(text: string, from: number): number {
  let end = from;
  while (end < text.length && !isBlank(text.charCodeAt(end))) end++;
  return end;
}

function hashWord(word: string): number {
  let hash = hashStart;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), hashPrime);
  return mix32(hash);
}

const base = 0x9e3779b1; // odd: no word is lost in the product
const basePowerN = Array.from({ length: shingleWords }).reduce<number>(
  (power) => Math.imul(power, base),
  1,
);

/**
 * Turns hashes of words, in place, into hashes of their shingles, by a polynomial that rolls on:
 * each costs two products whatever its length.
 *
 * @returns a view of the start of `words`; one for each place of a shingle, so with repetitions
 * @see Karp, Rabin 1987, "Efficient randomized pattern-matching algorithms"
 */
export function rollShingles(words: Uint32Array): Uint32Array {
  if (words.length === 0) return words;
  const first = Math.min(shingleWords, words.length);
  let rolling = 0;
  for (let i = 0; i < first; i++) rolling = (Math.imul(rolling, base) + words[i]!) | 0;
  for (let i = first; i < words.length; i++) {
    const leaving = words[i - first]!;
    words[i - first] = mix32(rolling);
    rolling = (Math.imul(rolling, base) - Math.imul(leaving, basePowerN) + words[i]!) | 0;
  }
  words[words.length - first] = mix32(rolling);
  return words.subarray(0, words.length - first + 1);
}
