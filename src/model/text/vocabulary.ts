import {
  firstByteToken,
  firstMergeToken,
  ownTokenUse,
  type SpecialTokens,
  specialTokenTexts,
  type TokenRoles,
  type TokenUse,
} from "./special-tokens.ts";

/** A merge: the ids of the two tokens that are joined. */
export type Merge = readonly [left: number, right: number];

/** A token that merges never make: its text is looked for before words are cut. */
export interface AddedToken {
  readonly id: number;
  /** Left out of text that is decoded without special tokens. */
  readonly isSpecial: boolean;
}

/** What a byte-level byte-pair tokenizer is made from, in any order of ids. */
export interface Vocabulary<Special extends TokenRoles = TokenRoles> extends TokenUse<Special> {
  /** By id; special tokens have their spelling, ids that stand for nothing no bytes. */
  readonly tokenBytes: readonly Uint8Array[];
  /** By byte: its id; -1 where there is none, so that the byte is left out. */
  readonly byteTokens: readonly number[];
  /** In order of rank. */
  readonly merges: readonly Merge[];
  /** By rank: the id that the merge makes; several merges may make the same. */
  readonly merged: readonly number[];
  /** By spelling. */
  readonly added: ReadonlyMap<string, AddedToken>;
  /** The words that merges never cross; undefined: those of `wordEnd`. */
  readonly pattern?: RegExp | undefined;
  /** Text is brought to Unicode's normal form C first. */
  readonly isNormalised?: boolean;
  /** A word that is a token is that token, whatever merges would make of it. */
  readonly takesWholeWords?: boolean;
}

/** The vocabulary of tokenizers that foretoken trains: special tokens, bytes, merges by rank. */
export function ownVocabulary(merges: readonly Merge[]): Vocabulary<SpecialTokens> {
  const encoder = new TextEncoder();
  const tokenBytes = specialTokenTexts.map((text) => encoder.encode(text));
  for (let byte = 0; byte < 256; byte++) tokenBytes.push(Uint8Array.of(byte));
  for (const [left, right] of merges) {
    tokenBytes.push(Uint8Array.of(...tokenBytes[left]!, ...tokenBytes[right]!));
  }
  return {
    tokenBytes,
    byteTokens: Array.from({ length: 256 }, (_, byte) => firstByteToken + byte),
    merges,
    merged: merges.map((_, rank) => firstMergeToken + rank),
    added: new Map(specialTokenTexts.map((text, id) => [text, { id, isSpecial: true }])),
    ...ownTokenUse,
  };
}
