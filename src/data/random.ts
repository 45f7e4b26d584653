/**
 * A 32-bit mix of integers: equal inputs give equal outputs on every machine.
 *
 * @see the finaliser of MurmurHash3 (public domain)
 */
export function hash32(...values: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const value of values) {
    // High and low halves, so that integers above 2^32 stay distinct.
    state = mix(state ^ (value >>> 0));
    state = mix((state + Math.floor(value / 0x1_0000_0000) + 0x6d2b79f5) | 0);
  }
  return state >>> 0;
}

/** A 32-bit hash of a text (FNV-1a over UTF-16 units, then mixed). */
export function hashText(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return mix(state) >>> 0;
}

/** A seeded stream of random numbers: the k-th draw is a hash of (seed, k). */
export class Random {
  readonly #seed: number;
  #draws = 0;

  constructor(...seed: readonly number[]) {
    this.#seed = hash32(...seed);
  }

  /** A number in [0, 1). */
  next(): number {
    return hash32(this.#seed, this.#draws++) / 0x1_0000_0000;
  }

  /** An integer in [minimum, maximum]. */
  integer(minimum: number, maximum: number): number {
    return minimum + Math.floor(this.next() * (maximum - minimum + 1));
  }

  /** One of the items, each equally likely. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]!;
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}

function mix(value: number): number {
  let state = value;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
