const chunks = 4; // of 16 bits
const chunkValues = 2 ** 16;
const none = 0xffffffff;

/** Largest distance that can be asked for: 3 bits in each of the four chunks, and 3 more. */
export const largestDistance = 15;

/** A hash within the distance. */
export interface HammingNeighbour {
  readonly number: number;
  readonly distance: number;
}

/**
 * 64-bit hashes, searched exactly by Hamming distance: two hashes within distance d agree in one of
 * their four chunks of 16 bits to within d / 4 bits, so only the lists of such chunks are read.
 * 24 to 48 bytes a hash and 1 MiB.
 *
 * @see Norouzi, Punjani, Fleet 2012, "Fast search in Hamming space with multi-index hashing",
 *   arXiv 1307.2982
 */
export class HammingIndex {
  readonly #distance: number;
  readonly #radius: number;
  readonly #masks: readonly number[];
  /** [chunks, 2^16]: the latest hash with a value of a chunk. */
  readonly #latest = new Uint32Array(chunks * chunkValues).fill(none);
  /** [hashes, 4]: the hash before it with the same value. */
  #before = new Uint32Array(chunks * 1024);
  #hashes = new Uint32Array(2 * 1024);
  #size = 0;

  /** @param distance - an integer from 0 to 15 */
  constructor(distance: number) {
    this.#distance = distance;
    this.#radius = Math.floor(distance / chunks);
    this.#masks = Array.from({ length: chunkValues }, (_, mask) => mask).filter(
      (mask) => bitsOf(mask) <= this.#radius,
    );
  }

  /** Bytes that it holds. */
  get bytes(): number {
    return this.#latest.byteLength + this.#before.byteLength + this.#hashes.byteLength;
  }

  /** Adds a hash; its number is that of the hashes added before. */
  add(high: number, low: number): void {
    const number = this.#size++;
    if (number * 2 === this.#hashes.length) {
      this.#hashes = doubled(this.#hashes);
      this.#before = doubled(this.#before);
    }
    this.#hashes[2 * number] = high;
    this.#hashes[2 * number + 1] = low;
    for (let chunk = 0; chunk < chunks; chunk++) {
      const list = chunk * chunkValues + chunkOf(high, low, chunk);
      this.#before[chunks * number + chunk] = this.#latest[list]!;
      this.#latest[list] = number;
    }
  }

  /** All hashes within the distance, the nearest and of those the oldest first. */
  find(high: number, low: number): readonly HammingNeighbour[] {
    const found: HammingNeighbour[] = [];
    for (let chunk = 0; chunk < chunks; chunk++) {
      const value = chunkOf(high, low, chunk);
      for (const mask of this.#masks) {
        let number = this.#latest[chunk * chunkValues + (value ^ mask)]!;
        for (; number !== none; number = this.#before[chunks * number + chunk]!) {
          const highBits = this.#hashes[2 * number]! ^ high;
          const lowBits = this.#hashes[2 * number + 1]! ^ low;
          const distance = bitsOf(highBits) + bitsOf(lowBits);
          if (distance > this.#distance || this.#isKnown(highBits, lowBits, chunk)) continue;
          found.push({ number, distance });
        }
      }
    }
    return found.sort((a, b) => a.distance - b.distance || a.number - b.number);
  }

  /** Whether an earlier chunk led to the same hash. */
  #isKnown(highBits: number, lowBits: number, chunk: number): boolean {
    for (let earlier = 0; earlier < chunk; earlier++) {
      if (bitsOf(chunkOf(highBits, lowBits, earlier)) <= this.#radius) return true;
    }
    return false;
  }
}

function chunkOf(high: number, low: number, chunk: number): number {
  const half = chunk < 2 ? low : high;
  return chunk % 2 === 0 ? half & 0xffff : half >>> 16;
}

/** How many bits of a 32-bit integer are set. */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
