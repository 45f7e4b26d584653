/** UTF-16 units of the passages that are looked for; shorter items count only as a whole. */
export const passageLength = 50;

/** A ring of the last 64 units, enough for a passage: unit `i` lies at `i & ringMask`. */
export const ringMask = 63;

/** Base of the polynomial hash: odd, so that no unit is ever lost. */
export const hashBase = 0x01000193;

/** `hashBase ** passageLength`, modulo 2^32: takes the unit out that leaves the passage. */
export const leavingFactor = Array.from({ length: passageLength }).reduce<number>(
  (power) => Math.imul(power, hashBase),
  1,
);

/** The hash of a whole passage: the sum of unit * hashBase^(units after it), modulo 2^32. */
export function hashPassage(passage: string): number {
  let hash = 0;
  for (let i = 0; i < passage.length; i++) {
    hash = (Math.imul(hash, hashBase) + passage.charCodeAt(i)) | 0;
  }
  return hash;
}

/** A hash whose high bits are good: polynomials modulo 2^32 have weak low ones. */
export function spread(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
}
