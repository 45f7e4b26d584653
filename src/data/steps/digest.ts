import { createHash } from "node:crypto";
import type { Split } from "../document.ts";
import type { SplitShares } from "../recipe.ts";

/** What a document's text decides about it, wherever it stands. */
export interface Digest {
  /** The first 8 bytes of its SHA-256, as two 32-bit halves: its identity. */
  readonly high: number;
  readonly low: number;
  /** In [0, 1): which split it belongs to. */
  readonly splitShare: number;
  /** In [0, 1): whether the tokenizer's sample takes it. */
  readonly sampleShare: number;
}

/**
 * The digest of a document.
 *
 * @param bytes - its UTF-8 text
 * @param images - what tells its images apart
 */
export function digestOf(bytes: Uint8Array, images: readonly string[] = []): Digest {
  const hashing = createHash("sha256").update(bytes);
  for (const image of images) hashing.update(`\0${image}`);
  const hash = hashing.digest();
  return {
    high: hash.readUInt32LE(0),
    low: hash.readUInt32LE(4),
    splitShare: hash.readUInt32LE(8) / 2 ** 32,
    sampleShare: hash.readUInt32LE(12) / 2 ** 32,
  };
}

/**
 * The split of a document by its text alone: the same text lies in the same split of every data
 * set with the same shares, whatever stands around it.
 */
export function splitOf(digest: Pick<Digest, "splitShare">, shares: SplitShares): Split {
  if (digest.splitShare < shares.heldout) return "heldout";
  return digest.splitShare < shares.heldout + shares.validation ? "validation" : "train";
}
