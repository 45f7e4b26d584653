/**
 * A set of 64-bit hashes in 8 bytes a slot, at most 3/4 full: 100 million documents need 1 to 2 GB.
 * Two different documents meet in it with probability n^2 / 2^65.
 */
export class HashSet {
  #slots = new Uint32Array(2 * 1024);
  #size = 0;

  /** How many hashes it holds. */
  get size(): number {
    return this.#size;
  }

  /** Adds a hash; false when it was there already. */
  add(high: number, low: number): boolean {
    if (this.#size * 4 >= (this.#slots.length / 2) * 3) this.#grow();
    // The pair (0, 0) marks an empty slot, so the hash 0 is kept as 1.
    const stored = high === 0 && low === 0 ? 1 : low;
    if (!insert(this.#slots, high, stored)) return false;
    this.#size++;
    return true;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += 2) {
      const high = this.#slots[at]!;
      const low = this.#slots[at + 1]!;
      if (high !== 0 || low !== 0) insert(larger, high, low);
    }
    this.#slots = larger;
  }
}

/** Linear probing over a power of two of slots. */
function insert(slots: Uint32Array, high: number, low: number): boolean {
  const mask = slots.length - 1;
  for (let at = (low * 2) & mask; ; at = (at + 2) & mask) {
    const seenHigh = slots[at]!;
    const seenLow = slots[at + 1]!;
    if (seenHigh === high && seenLow === low) return false;
    if (seenHigh === 0 && seenLow === 0) {
      slots[at] = high;
      slots[at + 1] = low;
      return true;
    }
  }
}
