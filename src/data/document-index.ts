import { readFile, rm } from "node:fs/promises";
import { DataError } from "../errors.ts";
import { ByteWriter } from "./steps/byte-writer.ts";

/** An image in a stream of tokens. */
export interface IndexedImage {
  /** Ordinal of its document in the stream. */
  readonly document: number;
  /** Of its first token, from the document's `<s>`. */
  readonly offset: number;
  /** Its number in the data set's image store. */
  readonly image: number;
}

const imageFields = 3;

/** Lengths of a stream's documents and the places of its images: `.documents` and `.images`. */
export class DocumentIndexWriter {
  readonly #base: string;
  readonly #documents: ByteWriter;
  readonly #images: ByteWriter;
  #documentCount = 0;
  imageCount = 0;

  private constructor(base: string, documents: ByteWriter, images: ByteWriter) {
    this.#base = base;
    this.#documents = documents;
    this.#images = images;
  }

  /** Creates both files. */
  static async create(base: string): Promise<DocumentIndexWriter> {
    const documents = await ByteWriter.create(`${base}.documents`);
    return new DocumentIndexWriter(base, documents, await ByteWriter.create(`${base}.images`));
  }

  /** Adds a document of `tokens` tokens, marks and special tokens included. */
  async add(tokens: number, images: readonly Omit<IndexedImage, "document">[]): Promise<void> {
    await this.#documents.write(asBytes([tokens]));
    for (const { offset, image } of images) {
      await this.#images.write(asBytes([this.#documentCount, offset, image]));
    }
    this.#documentCount++;
    this.imageCount += images.length;
  }

  /** Closes the files, or deletes them where there is no image; gives their SHA-256 by ending. */
  async finish(): Promise<Record<string, string>> {
    const hashes = {
      ".documents": await this.#documents.finish(),
      ".images": await this.#images.finish(),
    };
    if (this.imageCount > 0) return hashes;
    for (const ending of Object.keys(hashes)) await rm(this.#base + ending);
    return {};
  }

  /** Closes the files after a failure. */
  async abandon(): Promise<void> {
    await this.#documents.abandon();
    await this.#images.abandon();
  }
}

/** The index of one stream, in memory: 4 bytes a document and 12 an image. */
export interface DocumentIndex {
  /** Tokens of each document. */
  readonly lengths: Uint32Array;
  /** In the order of the stream. */
  readonly images: readonly IndexedImage[];
}

/**
 * Reads a stream's index.
 *
 * @throws {DataError} when a file is missing or does not fit the token file
 */
export async function readDocumentIndex(base: string, tokens: number): Promise<DocumentIndex> {
  const lengths = await readNumbers(`${base}.documents`);
  const fields = await readNumbers(`${base}.images`);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== tokens || fields.length % imageFields !== 0) {
    throw new DataError(
      `document index ${base}: expected documents of ${tokens} tokens together, got ${total}; build the data set again`,
    );
  }
  const images = Array.from({ length: fields.length / imageFields }, (_, i) => ({
    document: fields[i * imageFields]!,
    offset: fields[i * imageFields + 1]!,
    image: fields[i * imageFields + 2]!,
  }));
  return { lengths, images };
}

async function readNumbers(path: string): Promise<Uint32Array> {
  try {
    const bytes = await readFile(path);
    return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  } catch (cause) {
    throw new DataError(
      `document index ${path}: cannot be read (${(cause as Error).message}); build the data set again`,
      { cause },
    );
  }
}

/** Node's platforms are little-endian, as the files are. */
function asBytes(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
