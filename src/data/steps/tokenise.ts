import type { ImageGrid } from "../../model/image/geometry.ts";
import { imageTokens } from "../../model/image/image-tokens.ts";
import type { EncodedBatch } from "../../model/text/encode-batch.ts";
import { specialTokens, specialTokenTexts } from "../../model/text/special-tokens.ts";
import type { OwnTokenizer } from "../../model/text/tokenizer.ts";
import type { DataEvent } from "../data-event.ts";
import type { Split } from "../document.ts";
import { DocumentIndexWriter } from "../document-index.ts";
import { tokenBytes } from "../token-file.ts";
import type { BatchEncoder } from "./batch-encoder.ts";
import { ByteWriter } from "./byte-writer.ts";
import { piecesOf } from "./pieces.ts";
import { readSpool, type SpooledDocument } from "./spool.ts";

const batchBytes = 256 * 1024;

/** A finished token file. */
export interface WrittenTokens {
  readonly tokens: number;
  readonly documents: number;
  /** UTF-8 bytes of the documents' text. */
  readonly bytes: number;
  readonly images: number;
  /** SHA-256 of each file, by what follows the target's path without `.bin`. */
  readonly files: Readonly<Record<string, string>>;
}

/** Which spool becomes which token file. */
export interface TokeniseJob {
  readonly source: string;
  readonly split: Split;
  readonly spool: string;
  /** Path of the token file without `.bin`; an index of images lies beside it. */
  readonly target: string;
}

/** What the jobs of a build share. */
export interface TokeniseTools {
  readonly encoder: BatchEncoder;
  readonly tokenizer: OwnTokenizer;
  /** Size of an image of the store. */
  readonly gridOf: (image: number) => ImageGrid;
  /** Grows as text is done, over all jobs. */
  readonly progress: { doneBytes: number; readonly totalBytes: number };
}

/**
 * Second pass: a spool becomes a stream of tokens, each document as `<s> tokens </s>`, written in
 * the order of the spool whatever thread was faster. A stream with images gets an index of them.
 */
export async function* tokenise(
  { source, split, spool, target }: TokeniseJob,
  { encoder, tokenizer, gridOf, progress }: TokeniseTools,
): AsyncGenerator<DataEvent, WrittenTokens> {
  const writer = await ByteWriter.create(`${target}.bin`);
  const index = await DocumentIndexWriter.create(target);
  const total = { tokens: 0, documents: 0, bytes: 0 };
  let isComplete = false;
  try {
    for await (const encoded of encoder.encodeAll(batches(spool), ({ texts }) => texts)) {
      const { batch } = encoded;
      const { stream, documents } = joinDocuments(batch, encoded, { tokenizer, gridOf });
      // Node's platforms are little-endian, as the files are.
      await writer.write(new Uint8Array(stream.buffer));
      for (const { tokens, images } of documents) await index.add(tokens, images);
      total.tokens += stream.length;
      total.documents += documents.length;
      total.bytes += batch.bytes;
      progress.doneBytes += batch.bytes;
      yield { type: "tokens-delta", source, split, ...progress };
    }
    isComplete = true;
  } finally {
    if (!isComplete) await Promise.all([writer.abandon(), index.abandon()]);
  }
  const files = { ".bin": await writer.finish(), ...(await index.finish()) };
  return { ...total, images: index.imageCount, files };
}

/** A part of a document: a special token, an image, or the text at an index of the batch. */
type Part = { readonly special: number } | { readonly image: number } | { readonly text: number };

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

/** Adds a document's texts to the batch; only chats and image documents have special tokens. */
function partsOf(document: SpooledDocument, texts: string[]): Part[] {
  let image = 0;
  return piecesOf(document).map((piece, i) => {
    if (i % 2 === 0) return { text: texts.push(piece) - 1 };
    const special = specialTokenTexts.indexOf(piece);
    return special === specialTokens.image ? { image: document.images[image++]! } : { special };
  });
}

/** A document in the stream. */
interface JoinedDocument {
  readonly tokens: number;
  readonly images: readonly { readonly offset: number; readonly image: number }[];
}

function joinDocuments(
  { documents }: DocumentBatch,
  { tokens, ends }: EncodedBatch,
  { tokenizer, gridOf }: Pick<TokeniseTools, "tokenizer" | "gridOf">,
): { readonly stream: Uint16Array | Uint32Array; readonly documents: readonly JoinedDocument[] } {
  const { special } = tokenizer;
  const tokensOf = (part: Part): ArrayLike<number> => {
    if ("special" in part) return [part.special];
    if ("image" in part) return imageTokens(gridOf(part.image), special);
    return tokens.subarray(ends[part.text - 1] ?? 0, ends[part.text]);
  };
  const pieces: ArrayLike<number>[] = [];
  const joined = documents.map((parts) => {
    const images: { offset: number; image: number }[] = [];
    let length = 1;
    pieces.push([special.bos]);
    for (const part of parts) {
      if ("image" in part) images.push({ offset: length, image: part.image });
      const piece = tokensOf(part);
      pieces.push(piece);
      length += piece.length;
    }
    pieces.push([special.eos]);
    return { tokens: length + 1, images };
  });
  const Stream = tokenBytes(tokenizer.vocabSize) === 2 ? Uint16Array : Uint32Array;
  const stream = new Stream(joined.reduce((sum, document) => sum + document.tokens, 0));
  let at = 0;
  for (const piece of pieces) {
    stream.set(piece, at);
    at += piece.length;
  }
  return { stream, documents: joined };
}
