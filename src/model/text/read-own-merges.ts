import { DataError } from "../../errors.ts";
import { printableBytes } from "./byte-alphabet.ts";
import type { VocabularyFile } from "./read-vocabulary.ts";
import { firstByteToken, firstMergeToken, specialTokenTexts } from "./special-tokens.ts";
import type { Merge } from "./vocabulary.ts";

/** Whether a file says that it is of the family that foretoken trains. */
export function isOwnFile({ added_tokens, normalizer, pre_tokenizer }: VocabularyFile): boolean {
  return (
    added_tokens.length === specialTokenTexts.length &&
    added_tokens.every(({ id, content }) => specialTokenTexts[id] === content) &&
    !normalizer &&
    pre_tokenizer.pattern === undefined
  );
}

/**
 * The merges of a file of our family.
 *
 * @param origin - for messages
 * @throws {DataError} unless it has special tokens, bytes and merges in this order
 */
export function readOwnMerges({ model }: VocabularyFile, origin: string): Merge[] {
  const ids = new Map(Object.entries(model.vocab));
  const check = (id: number, text: string): void => {
    const came = ids.get(text) ?? "nothing";
    if (came === id) return;
    throw new DataError(
      `${origin}: expected token ${id} to be ${JSON.stringify(text)}, but the vocabulary gives this text ${came}; with foretoken's special tokens, these, bytes and merges have to stand in this order`,
    );
  };
  for (let id = 0; id < firstMergeToken; id++) {
    check(id, specialTokenTexts[id] ?? printableBytes([id - firstByteToken]));
  }
  const merges = model.merges.map(([left, right], rank): Merge => {
    const id = firstMergeToken + rank;
    check(id, left + right);
    const pair: Merge = [ids.get(left) ?? id, ids.get(right) ?? id];
    if (pair.some((part) => part >= id || part < firstByteToken)) {
      throw new DataError(
        `${origin}: expected merge ${rank} to join two tokens that come before it, got ${JSON.stringify([left, right])}; the file is damaged, copy it again from where it was made`,
      );
    }
    return pair;
  });
  if (ids.size !== firstMergeToken + merges.length) {
    throw new DataError(
      `${origin}: expected ${firstMergeToken + merges.length} tokens (${firstMergeToken} and one a merge), got ${ids.size}; the file is damaged, copy it again from where it was made`,
    );
  }
  return merges;
}
