import { TokenBuffer } from "./token-buffer.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Token ids of several documents, one behind the other. */
export interface EncodedBatch {
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** By document: the index in `tokens` behind its last token. */
  readonly ends: Uint32Array<ArrayBuffer>;
}

/** Encodes documents, special tokens in their text left as text and none added. */
export function encodeBatch(tokenizer: Tokenizer, documents: readonly string[]): EncodedBatch {
  const output = new TokenBuffer();
  const ends = new Uint32Array(documents.length);
  for (const [index, document] of documents.entries()) {
    tokenizer.encodeInto(document, output);
    ends[index] = output.length;
  }
  return { tokens: output.toUint32Array(), ends };
}
