import { createReadStream } from "node:fs";
import { ByteWriter } from "./byte-writer.ts";

/** A normalised document between the two passes of a build. */
export interface SpooledDocument {
  readonly bytes: Uint8Array;
  /** In [0, 1), see `Digest.sampleShare`. */
  readonly sampleShare: number;
  readonly hasSpecialTokens: boolean;
  /** Numbers in the image store, one for each mark in the text. */
  readonly images: readonly number[];
}

const headerBytes = 17; // length u32, sampleShare f64, hasSpecialTokens u8, image count u32
const imageBytes = 4;

/** Documents of one source and split, on disk: the tokenizer is not known before all were read. */
export class SpoolWriter {
  readonly #writer: ByteWriter;
  documents = 0;
  bytes = 0;

  private constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  /** Creates the spool file. */
  static async create(path: string): Promise<SpoolWriter> {
    return new SpoolWriter(await ByteWriter.create(path));
  }

  /** Appends a document. */
  async write({ bytes, sampleShare, hasSpecialTokens, images }: SpooledDocument): Promise<void> {
    const header = Buffer.allocUnsafe(headerBytes + imageBytes * images.length);
    header.writeUInt32LE(bytes.length, 0);
    header.writeDoubleLE(sampleShare, 4);
    header.writeUInt8(hasSpecialTokens ? 1 : 0, 12);
    header.writeUInt32LE(images.length, 13);
    images.forEach((image, i) => {
      header.writeUInt32LE(image, headerBytes + imageBytes * i);
    });
    await this.#writer.write(header);
    await this.#writer.write(bytes);
    this.documents++;
    this.bytes += bytes.length;
  }

  /** Closes the spool, complete. */
  async finish(): Promise<void> {
    await this.#writer.finish();
  }

  /** Closes the spool after a failure. */
  async abandon(): Promise<void> {
    await this.#writer.abandon();
  }
}

/** The documents of a spool file, in order, a bounded part of it in memory. */
export async function* readSpool(path: string): AsyncGenerator<SpooledDocument> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    pending = Buffer.concat([pending, chunk as Buffer]);
    let start = 0;
    while (pending.length - start >= headerBytes) {
      const imageCount = pending.readUInt32LE(start + 13);
      const text = start + headerBytes + imageBytes * imageCount;
      const end = text + pending.readUInt32LE(start);
      if (end > pending.length) break;
      const header = pending;
      const at = start + headerBytes;
      yield {
        bytes: pending.subarray(text, end),
        sampleShare: pending.readDoubleLE(start + 4),
        hasSpecialTokens: pending[start + 12] === 1,
        images: Array.from({ length: imageCount }, (_, i) =>
          header.readUInt32LE(at + imageBytes * i),
        ),
      };
      start = end;
    }
    pending = pending.subarray(start);
  }
}
