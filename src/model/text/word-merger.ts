import { Heap } from "./heap.ts";
import type { PairTable } from "./pair-table.ts";
import { firstByteToken } from "./special-tokens.ts";
import type { TokenBuffer } from "./token-buffer.ts";

const POSITIONS = 2 ** 31;

/**
 * Applies the merges of a byte-pair vocabulary to one word: always the earliest merge, leftmost
 * first, in O(n log n) so that a megabyte without a space does no harm.
 *
 * @see Sennrich et al. 2016, algorithm 1, arXiv 1508.07909
 */
export class WordMerger {
  readonly #merges: PairTable;
  /** Candidates as `merged id * 2^31 + position`: ids rise with the rank of the merge. */
  readonly #candidates = new Heap<number>((a, b) => a < b);
  #tokens = new Int32Array(64); // by position; -1 where swallowed by the token before
  #next = new Int32Array(64);
  #previous = new Int32Array(64);

  /** @param merges - (left id, right id) to merged id */
  constructor(merges: PairTable) {
    this.#merges = merges;
  }

  /** Appends the tokens of the word `bytes[start..end)` to `output`. */
  merge(bytes: Uint8Array, word: { start: number; end: number }, output: TokenBuffer): void {
    const length = word.end - word.start;
    this.#reserve(length);
    for (let position = 0; position < length; position++) {
      this.#tokens[position] = firstByteToken + bytes[word.start + position]!;
      this.#next[position] = position + 1;
      this.#previous[position] = position - 1;
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
  #apply(merged: number, position: number, length: number): void {
    const right = this.#next[position]!;
    if (this.#tokens[position] === -1 || right >= length) return;
    if (this.#merges.get(this.#tokens[position]!, this.#tokens[right]!) !== merged) return;
    const after = this.#next[right]!;
    this.#tokens[position] = merged;
    this.#tokens[right] = -1;
    this.#next[position] = after;
    if (after < length) this.#previous[after] = position;
    this.#propose(position, length);
    if (this.#previous[position]! >= 0) this.#propose(this.#previous[position]!, length);
  }

  #propose(position: number, length: number): void {
    const right = this.#next[position]!;
    if (right >= length) return;
    const merged = this.#merges.get(this.#tokens[position]!, this.#tokens[right]!);
    if (merged >= 0) this.#candidates.push(merged * POSITIONS + position);
  }

  #reserve(length: number): void {
    if (length <= this.#tokens.length) return;
    const capacity = Math.max(length, 2 * this.#tokens.length);
    this.#tokens = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
  }
}
