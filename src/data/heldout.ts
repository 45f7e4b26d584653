import type { SpecialTokens } from "../model/text/special-tokens.ts";
import { type Batch, toBatch } from "./batch.ts";
import type { SplitCounts } from "./manifest.ts";
import type { TokenFile } from "./token-file.ts";

/**
 * The fixed windows of a held-out stream: window i begins at token i * seqLen, so that every token
 * except `<s>` is a target exactly once. The last window is filled with `<pad>`.
 */
export class HeldoutSet {
  /** How many windows the stream has. */
  readonly windows: number;
  /** Scored tokens: all but `<s>`. */
  readonly tokens: number;
  /** UTF-8 bytes of the scored text: bits per byte = nats summed / ln 2 / bytes. */
  readonly bytes: number;
  readonly seqLen: number;
  readonly #file: TokenFile;
  readonly #special: Pick<SpecialTokens, "bos" | "pad">;
  readonly #source: number;

  constructor(
    file: TokenFile,
    options: {
      readonly seqLen: number;
      readonly counts: SplitCounts;
      readonly source: number;
      readonly special: Pick<SpecialTokens, "bos" | "pad">;
    },
  ) {
    const { seqLen, counts, source, special } = options;
    this.windows = Math.max(0, Math.ceil((counts.tokens - 1) / seqLen));
    this.tokens = counts.tokens - counts.documents;
    this.bytes = counts.bytes;
    this.seqLen = seqLen;
    this.#file = file;
    this.#special = special;
    this.#source = source;
  }

  /** Windows [start, start + count); fewer at the end. Rows are `seqLen` long. */
  async read(start: number, count: number): Promise<Batch> {
    const rows = Math.max(0, Math.min(count, this.windows - start));
    const width = this.seqLen + 1;
    const tokens = new Int32Array(rows * width).fill(this.#special.pad);
    for (let row = 0; row < rows; row++) {
      const target = tokens.subarray(row * width, (row + 1) * width);
      await this.#file.read((start + row) * this.seqLen, width, target);
    }
    const sources = Array<number>(rows).fill(this.#source);
    return toBatch(tokens, { seqLen: this.seqLen, sources, special: this.#special });
  }
}
