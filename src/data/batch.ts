import type { SpecialTokens } from "../model/text/special-tokens.ts";
import { ignoredTarget } from "../tensor/losses.ts";

/** Windows of one or several token streams, ready for the model. */
export interface Batch {
  /** [batch, seqLen + 1], row-major; the inputs are columns 0..seqLen-1. */
  readonly tokens: Int32Array;
  /** [batch, seqLen]: running count of `<s>` in the window; attention stays within one number. */
  readonly documents: Int32Array;
  /**
   * [batch, seqLen]: the next token, or `ignoredTarget` where the next is padding or `<s>`: nothing
   * could know that another document begins.
   */
  readonly targets: Int32Array;
  /** [batch]: index of each row's source in the manifest. */
  readonly sources: readonly number[];
}

/**
 * Derives the document numbers and targets of token windows.
 *
 * @param tokens - [batch, seqLen + 1]
 */
export function toBatch(
  tokens: Int32Array,
  {
    seqLen,
    sources,
    special,
  }: {
    seqLen: number;
    sources: readonly number[];
    special: Pick<SpecialTokens, "bos" | "pad">;
  },
): Batch {
  const documents = new Int32Array(sources.length * seqLen);
  const targets = new Int32Array(sources.length * seqLen);
  for (let row = 0; row < sources.length; row++) {
    let document = 0;
    for (let column = 0; column < seqLen; column++) {
      const at = row * (seqLen + 1) + column;
      if (tokens[at] === special.bos) document++;
      const next = tokens[at + 1]!;
      documents[row * seqLen + column] = document;
      targets[row * seqLen + column] =
        next === special.bos || next === special.pad ? ignoredTarget : next;
    }
  }
  return { tokens, documents, targets, sources };
}
