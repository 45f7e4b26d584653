import type { EncodedBatch } from "../../model/text/encode-batch.ts";
import { specialTokenTexts } from "../../model/text/special-tokens.ts";
import type { Tokenizer } from "../../model/text/tokenizer.ts";
import type { DataEvent } from "../data-event.ts";
import type { Split } from "../document.ts";
import { tokenBytes } from "../token-file.ts";
import type { BatchEncoder } from "./batch-encoder.ts";
import { ByteWriter } from "./byte-writer.ts";
import { readSpool, type SpooledDocument } from "./spool.ts";

const batchBytes = 256 * 1024;

/** A finished token file. */
export interface WrittenTokens {
  readonly tokens: number;
  readonly documents: number;
  /** UTF-8 bytes of the documents' text. */
  readonly bytes: number;
  readonly sha256: string;
}

/** Which spool becomes which token file. */
export interface TokeniseJob {
  readonly source: string;
  readonly split: Split;
  readonly spool: string;
  readonly target: string;
}

/** What the jobs of a build share. */
export interface TokeniseTools {
  readonly encoder: BatchEncoder;
  readonly tokenizer: Tokenizer;
  /** Grows as text is done, over all jobs. */
  readonly progress: { doneBytes: number; readonly totalBytes: number };
}

/**
 * Second pass: a spool becomes a stream of tokens, each document as `<s> tokens </s>`, written in
 * the order of the spool whatever thread was faster.
 */
export async function* tokenise(
  { source, split, spool, target }: TokeniseJob,
  { encoder, tokenizer, progress }: TokeniseTools,
): AsyncGenerator<DataEvent, WrittenTokens> {
  const writer = await ByteWriter.create(target);
  const total = { tokens: 0, documents: 0, bytes: 0 };
  let isComplete = false;
  try {
    for await (const encoded of encoder.encodeAll(batches(spool), ({ texts }) => texts)) {
      const { batch } = encoded;
      const stream = joinDocuments(batch, encoded, tokenizer);
      // Node's platforms are little-endian, as the files are.
      await writer.write(new Uint8Array(stream.buffer));
      total.tokens += stream.length;
      total.documents += batch.documents.length;
      total.bytes += batch.bytes;
      progress.doneBytes += batch.bytes;
      yield { type: "tokens-delta", source, split, ...progress };
    }
    isComplete = true;
  } finally {
    if (!isComplete) await writer.abandon();
  }
  return { ...total, sha256: await writer.finish() };
}

/** A part of a document: a special token, or the text at an index of the batch. */
type Part = { readonly special: number } | { readonly text: number };

interface DocumentBatch {
  readonly texts: readonly string[];
  readonly documents: readonly (readonly Part[])[];
  readonly bytes: number;
}

async function* batches(spool: string): AsyncGenerator<DocumentBatch> {
  let batch = { texts: [] as string[], documents: [] as Part[][], bytes: 0 };
  for await (const document of readSpool(spool)) {
    batch.documents.push(partsOf(document, batch.texts));
    batch.bytes += document.bytes.length;
    if (batch.bytes < batchBytes) continue;
    yield batch;
    batch = { texts: [], documents: [], bytes: 0 };
  }
  if (batch.documents.length > 0) yield batch;
}

const specialPattern = /(<\|im_start\|>|<\|im_end\|>)/;

/** Adds a document's texts to the batch; only chats have special tokens in them. */
function partsOf(document: SpooledDocument, texts: string[]): Part[] {
  const content = Buffer.from(document.bytes).toString("utf8");
  const pieces = document.hasSpecialTokens ? content.split(specialPattern) : [content];
  return pieces.map((piece, i) =>
    i % 2 === 1 ? { special: specialTokenTexts.indexOf(piece) } : { text: texts.push(piece) - 1 },
  );
}

function joinDocuments(
  { documents }: DocumentBatch,
  { tokens, ends }: EncodedBatch,
  { special, vocabSize }: Tokenizer,
): Uint16Array | Uint32Array {
  const specials = documents.reduce(
    (sum, parts) => sum + 2 + parts.filter((part) => "special" in part).length,
    0,
  );
  const Stream = tokenBytes(vocabSize) === 2 ? Uint16Array : Uint32Array;
  const stream = new Stream(tokens.length + specials);
  let at = 0;
  for (const parts of documents) {
    stream[at++] = special.bos;
    for (const part of parts) {
      if ("special" in part) {
        stream[at++] = part.special;
        continue;
      }
      const text = tokens.subarray(ends[part.text - 1] ?? 0, ends[part.text]);
      stream.set(text, at);
      at += text.length;
    }
    stream[at++] = special.eos;
  }
  return stream;
}
