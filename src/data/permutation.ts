import { hash32 } from "./random.ts";

const rounds = 6;

/**
 * The place of `index` in a random permutation of 0..size-1, without holding the permutation:
 * a Feistel network over the next even power of two, walked until the result lies inside.
 *
 * @param key - equal keys give equal permutations
 * @see Black and Rogaway 2002, "Ciphers with arbitrary finite domains" (cycle walking)
 */
export function permute(index: number, size: number, key: number): number {
  const halfBits = Math.max(1, Math.ceil(Math.log2(Math.max(size, 2)) / 2));
  const half = 2 ** halfBits;
  let value = index;
  do {
    let left = Math.floor(value / half);
    let right = value % half;
    for (let round = 0; round < rounds; round++) {
      const mixed = (left ^ hash32(key, round, right)) & (half - 1);
      left = right;
      right = mixed;
    }
    value = left * half + right;
  } while (value >= size);
  return value;
}
