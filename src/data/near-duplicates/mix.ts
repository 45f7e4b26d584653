/**
 * A bijection of 32-bit integers that scatters them; the result is signed.
 *
 * @see Wellons 2018, "Prospecting for hash functions", `lowbias32` (public domain)
 */
export function mix32(value: number): number {
  let state = value ^ (value >>> 16);
  state = Math.imul(state, 0x7feb352d);
  state = Math.imul(state ^ (state >>> 15), 0x846ca68b);
  return state ^ (state >>> 16);
}
