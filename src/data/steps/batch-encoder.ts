import { type EncodedBatch, encodeBatch } from "../../model/text/encode-batch.ts";
import { EncodePool } from "../../model/text/encode-pool.ts";
import type { Tokenizer } from "../../model/text/tokenizer.ts";

/** Text below which starting threads takes longer than encoding. */
const smallBytes = 2 * 2 ** 20;

/** Encodes a stream of batches, results in the order of the batches. */
export interface BatchEncoder {
  encodeAll<Batch>(
    batches: AsyncIterable<Batch>,
    documentsOf: (batch: Batch) => readonly string[],
  ): AsyncIterable<EncodedBatch & { readonly batch: Batch }>;
  close(): Promise<void>;
}

/**
 * The encoder for so many bytes of text.
 *
 * @param threads - 0: in this thread; undefined: as many as the text is worth, at most one a core
 */
export function openEncoder(
  tokenizer: Tokenizer,
  { totalBytes, threads }: { readonly totalBytes: number; readonly threads: number | undefined },
): BatchEncoder {
  if (threads === 0 || (threads === undefined && totalBytes < smallBytes)) {
    return encodeHere(tokenizer);
  }
  return new EncodePool(tokenizer, threads === undefined ? {} : { threads });
}

function encodeHere(tokenizer: Tokenizer): BatchEncoder {
  return {
    async *encodeAll(batches, documentsOf) {
      for await (const batch of batches) {
        yield { ...encodeBatch(tokenizer, documentsOf(batch)), batch };
      }
    },
    async close() {},
  };
}
