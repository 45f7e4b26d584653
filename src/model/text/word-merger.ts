import { printableBytes } from "./byte-alphabet.ts";
import { Heap } from "./heap.ts";
import { PairTable } from "./pair-table.ts";
import type { TokenBuffer } from "./token-buffer.ts";
import type { Vocabulary } from "./vocabulary.ts";

const POSITIONS = 2 ** 31;

/**
 * Applies the merges of a byte-pair vocabulary to one word: always the earliest merge, leftmost
 * first, in O(n log n) so that a megabyte without a space does no harm.
 *
 * @see Sennrich et al. 2016, algorithm 1, arXiv 1508.07909
 */
export class WordMerger {
  /** (left id, right id) to the rank of their merge. */
  readonly #ranks = new PairTable();
  readonly #merged: Int32Array; // by rank: the id that it makes
  readonly #byteTokens: Int32Array;
  /** By printable bytes: the tokens that a whole word may be, whatever the merges are. */
  readonly #wholeWords: ReadonlyMap<string, number> | undefined;
  /** Candidates as `rank * 2^31 + position`. */
  readonly #candidates = new Heap<number>((a, b) => a < b);
  #tokens = new Int32Array(64); // by position; -1 where swallowed by the token before
  #next = new Int32Array(64);
  #previous = new Int32Array(64);

  constructor(vocabulary: Vocabulary) {
    const { merges, merged, byteTokens } = vocabulary;
    for (const [rank, [left, right]] of merges.entries()) this.#ranks.set(left, right, rank);
    this.#merged = Int32Array.from(merged);
    this.#byteTokens = Int32Array.from(byteTokens);
    if (vocabulary.takesWholeWords === true) this.#wholeWords = wholeWords(vocabulary);
  }

  /** Appends the tokens of the word `bytes[start..end)` to `output`. */
  merge(bytes: Uint8Array, word: { start: number; end: number }, output: TokenBuffer): void {
    if (this.#wholeWords !== undefined) {
      const whole = this.#wholeWords.get(printableBytes(bytes.subarray(word.start, word.end)));
      if (whole !== undefined) {
        output.push(whole);
        return;
      }
    }
    this.#reserve(word.end - word.start);
    const tokens = this.#tokens;
    const next = this.#next;
    const previous = this.#previous;
    const byteTokens = this.#byteTokens;
    let length = 0;
    for (let index = word.start; index < word.end; index++) {
      const token = byteTokens[bytes[index]!]!;
      if (token < 0) continue;
      tokens[length] = token;
      next[length] = length + 1;
      previous[length] = length - 1;
      length++;
    }
    for (let position = 0; position + 1 < length; position++) this.#propose(position, length);
    for (let key = this.#candidates.pop(); key !== undefined; key = this.#candidates.pop()) {
      this.#apply(Math.floor(key / POSITIONS), key % POSITIONS, length);
    }
    for (let position = 0; position < length; position = this.#next[position]!) {
      output.push(this.#tokens[position]!);
    }
  }

  /** Merges at `position` unless an earlier merge took one of the two tokens. */
  #apply(rank: number, position: number, length: number): void {
    const right = this.#next[position]!;
    if (this.#tokens[position] === -1 || right >= length) return;
    if (this.#ranks.get(this.#tokens[position]!, this.#tokens[right]!) !== rank) return;
    const after = this.#next[right]!;
    this.#tokens[position] = this.#merged[rank]!;
    this.#tokens[right] = -1;
    this.#next[position] = after;
    if (after < length) this.#previous[after] = position;
    this.#propose(position, length);
    if (this.#previous[position]! >= 0) this.#propose(this.#previous[position]!, length);
  }

  #propose(position: number, length: number): void {
    const right = this.#next[position]!;
    if (right >= length) return;
    const rank = this.#ranks.get(this.#tokens[position]!, this.#tokens[right]!);
    if (rank >= 0) this.#candidates.push(rank * POSITIONS + position);
  }

  #reserve(length: number): void {
    if (length <= this.#tokens.length) return;
    const capacity = Math.max(length, 2 * this.#tokens.length);
    this.#tokens = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
  }
}

function wholeWords({ tokenBytes, added }: Vocabulary): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  const addedIds = new Set([...added.values()].map(({ id }) => id));
  for (const [id, bytes] of tokenBytes.entries()) {
    if (!addedIds.has(id)) words.set(printableBytes(bytes), id);
  }
  return words;
}
