import type { ImagePixels } from "../model/image/pixels.ts";
import type { SpecialTokens } from "../model/text/special-tokens.ts";
import { ignoredTarget } from "../tensor/losses.ts";

/** An image in a row of a batch. */
export interface BatchImage {
  readonly row: number;
  /** Column of its first token. */
  readonly column: number;
  readonly pixels: ImagePixels;
}

/** Windows of one or several token streams, ready for the model. */
export interface Batch {
  /** [batch, seqLen + 1], row-major; the inputs are columns 0..seqLen-1. */
  readonly tokens: Int32Array;
  /** [batch, seqLen]: running count of `<s>` in the window; attention stays within one number. */
  readonly documents: Int32Array;
  /**
   * [batch, seqLen]: the next token, or `ignoredTarget` where the next is padding, `<s>` (nothing
   * could know that another document begins) or a token of an image, which nobody predicts.
   */
  readonly targets: Int32Array;
  /** [batch]: index of each row's source in the manifest. */
  readonly sources: readonly number[];
  /** By row, left to right. */
  readonly images: readonly BatchImage[];
}

/** What `toBatch` makes a batch of. */
export interface BatchParts extends Pick<Batch, "sources" | "images"> {
  readonly seqLen: number;
  readonly special: SpecialTokens;
  /** Only what stands behind an image of its document is a target: text conditioned on images. */
  readonly isConditioned: boolean;
}

/**
 * Derives the document numbers and targets of token windows.
 *
 * @param tokens - [batch, seqLen + 1]
 */
export function toBatch(tokens: Int32Array, parts: BatchParts): Batch {
  const { seqLen, sources, images, special, isConditioned } = parts;
  const untold = new Set([
    ...[special.bos, special.pad],
    ...[special.image, special.imageBreak, special.imageEnd],
  ]);
  const documents = new Int32Array(sources.length * seqLen);
  const targets = new Int32Array(sources.length * seqLen);
  for (let row = 0; row < sources.length; row++) {
    let document = 0;
    let isBehindImage = false;
    for (let column = 0; column < seqLen; column++) {
      const at = row * (seqLen + 1) + column;
      const [token, next] = [tokens[at]!, tokens[at + 1]!];
      if (token === special.bos) {
        document++;
        isBehindImage = false;
      }
      isBehindImage ||= token === special.imageEnd;
      const isWanted = !untold.has(next) && (isBehindImage || !isConditioned);
      documents[row * seqLen + column] = document;
      targets[row * seqLen + column] = isWanted ? next : ignoredTarget;
    }
  }
  return { tokens, documents, targets, sources, images };
}

/** The rows of several batches, one after the other; all have sequences of one length. */
export function joinBatches(batches: readonly Batch[]): Batch {
  const joined = (part: (batch: Batch) => Int32Array) => {
    const parts = batches.map(part);
    const result = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const one of parts) {
      result.set(one, at);
      at += one.length;
    }
    return result;
  };
  let rows = 0;
  const images = batches.flatMap((batch) => {
    const first = rows;
    rows += batch.sources.length;
    return batch.images.map((image) => ({ ...image, row: first + image.row }));
  });
  return {
    tokens: joined(({ tokens }) => tokens),
    documents: joined(({ documents }) => documents),
    targets: joined(({ targets }) => targets),
    sources: batches.flatMap(({ sources }) => sources),
    images,
  };
}
