const mask64 = (1n << 64n) - 1n;

/**
 * SplitMix64: the sequence of 64-bit words that follows a seed; used to spread a seed over a state.
 *
 * @see Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"
 */
export function splitMix64(seed: bigint): () => bigint {
  let state = seed & mask64;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & mask64;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask64;
    return z ^ (z >> 31n);
  };
}

const rotateLeft = (word: number, bits: number): number =>
  ((word << bits) | (word >>> (32 - bits))) >>> 0;

/**
 * A seeded source of pseudo-random numbers, the same on every machine: xoshiro128**, its state
 * filled by SplitMix64 of the seed.
 *
 * @see Blackman, Vigna 2021, "Scrambled linear pseudorandom number generators", arXiv 1805.01407
 */
export class Random {
  readonly #state: [number, number, number, number];
  #spareNormal: number | undefined;

  /** @param seed - an integer, or the four 32-bit words of a state that is not all zero */
  constructor(seed: number | readonly [number, number, number, number]) {
    this.#state = typeof seed === "number" ? stateOf(seed) : [...seed];
  }

  /** The next 32 random bits, as an integer in [0, 2^32). */
  word(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5) >>> 0, 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotateLeft(s[3] >>> 0, 11);
    return result;
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** A uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** A standard normal number, by the polar method of Marsaglia. */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        this.#spareNormal = y * scale;
        return x * scale;
      }
    }
  }
}

function stateOf(seed: number): [number, number, number, number] {
  const next = splitMix64(BigInt(Math.trunc(seed)));
  const [first, second] = [next(), next()];
  return [
    Number(first & 0xffffffffn),
    Number(first >> 32n),
    Number(second & 0xffffffffn),
    Number(second >> 32n),
  ];
}
