import { createHash } from "node:crypto";

const words = 624;
const middle = 397;

/**
 * The generator that openai/evals orders samples with: MT19937 seeded by an array, and the draws
 * that its callers make from it.
 *
 * @see Matsumoto, Nishimura 1998, Mersenne Twister (ACM TOMACS 8); `init_by_array` of their 2002 code
 */
export class PythonRandom {
  readonly #state = new Uint32Array(words);
  #next = words;

  /** @param key - 32-bit words, at least one */
  constructor(key: readonly number[]) {
    const state = this.#state;
    fillFrom(state, 19650218);
    let [i, j] = [1, 0];
    for (let k = Math.max(words, key.length); k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(mixed(state[i - 1]!), 1664525)) + key[j]! + j;
      [i, j] = [i + 1, (j + 1) % key.length];
      if (i >= words) {
        state[0] = state[words - 1]!;
        i = 1;
      }
    }
    for (let k = words - 1; k > 0; k--) {
      state[i] = (state[i]! ^ Math.imul(mixed(state[i - 1]!), 1566083941)) - i;
      i++;
      if (i >= words) {
        state[0] = state[words - 1]!;
        i = 1;
      }
    }
    state[0] = 0x8000_0000;
  }

  /** Seeded by a text, as `random.Random(bytes)` is: its bytes and their SHA-512 as one number. */
  static fromText(text: string): PythonRandom {
    const bytes = Buffer.from(text);
    const whole = Buffer.concat([bytes, createHash("sha512").update(bytes).digest()]);
    const key: number[] = [];
    for (let end = whole.length; end > 0; end -= 4) {
      const start = Math.max(0, end - 4);
      key.push(whole.readUIntBE(start, end - start));
    }
    while (key.length > 1 && key.at(-1) === 0) key.pop();
    return new PythonRandom(key);
  }

  /** 32 random bits. */
  bits(): number {
    if (this.#next === words) this.#twist();
    let value = this.#state[this.#next++]!;
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c_5680;
    value ^= (value << 15) & 0xefc6_0000;
    return (value ^ (value >>> 18)) >>> 0;
  }

  /** Evenly in [0, 1), of 53 bits. */
  random(): number {
    const [high, low] = [this.bits() >>> 5, this.bits() >>> 6];
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** A whole number from 0 to below `limit`, at most 2^32. */
  below(limit: number): number {
    const length = 32 - Math.clz32(limit);
    for (;;) {
      const value = this.bits() >>> (32 - length);
      if (value < limit) return value;
    }
  }

  /** A shuffled copy (Fisher-Yates from the end). */
  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    return result;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < words; i++) {
      const joined = (state[i]! & 0x8000_0000) | (state[(i + 1) % words]! & 0x7fff_ffff);
      const odd = joined & 1 ? 0x9908_b0df : 0;
      state[i] = state[(i + middle) % words]! ^ (joined >>> 1) ^ odd;
    }
    this.#next = 0;
  }
}

const mixed = (word: number): number => word ^ (word >>> 30);

function fillFrom(state: Uint32Array, seed: number): void {
  state[0] = seed;
  for (let i = 1; i < words; i++) state[i] = Math.imul(mixed(state[i - 1]!), 1812433253) + i;
}

/** The seed of every run's order: the first samples of a run are the same for everybody. */
const orderSeed = 123;

/** Places of samples in the order in which they are asked, at most `most` of them. */
export function sampleOrder(count: number, most = count): number[] {
  const places = Array.from({ length: count }, (_, i) => i);
  return new PythonRandom([orderSeed]).shuffled(places).slice(0, most);
}
