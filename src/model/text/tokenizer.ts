import { DataError } from "../../errors.ts";
import { PairTable } from "./pair-table.ts";
import { wordEnd } from "./pre-tokenizer.ts";
import type { SpecialTokens } from "./special-tokens.ts";
import {
  firstByteToken,
  firstMergeToken,
  specialTokens,
  specialTokenTexts,
} from "./special-tokens.ts";
import { TokenBuffer } from "./token-buffer.ts";
import { tokenizerJson } from "./tokenizer-json.ts";
import { WordMerger } from "./word-merger.ts";
import { WordTable } from "./word-table.ts";

/** A merge: the ids of the two tokens that are joined. */
export type Merge = readonly [left: number, right: number];

/** Turns text or any bytes into token ids and back; ids lie in [0, vocabSize). */
export interface Tokenizer {
  readonly kind: "bpe" | "byte";
  readonly vocabSize: number;
  readonly special: SpecialTokens;
  /** In order of rank; the m-th makes token `firstMergeToken + m`. */
  readonly merges: readonly Merge[];
  /**
   * The ids of `text`, nothing added before or behind. Unpaired surrogates become U+FFFD.
   *
   * @param options.parseSpecial - read `<s>`, `<|im_start|>` and so on as their token; by default
   * they are text like any other, so that a document cannot forge a turn
   */
  encode(text: string, options?: { readonly parseSpecial?: boolean }): number[];
  /** As `encode` with special tokens left as text, appended to `output`: for much text. */
  encodeInto(text: string, output: TokenBuffer): void;
  /** The ids of any bytes, UTF-8 or not; `decodeBytes` gives exactly these bytes back. */
  encodeBytes(bytes: Uint8Array): number[];
  /**
   * The text of ids; bytes that are not UTF-8 become U+FFFD.
   *
   * @throws {DataError} on an id outside the vocabulary
   */
  decode(ids: Iterable<number>, options?: { readonly skipSpecial?: boolean }): string;
  /** The bytes of ids; special tokens give their spelling. @throws {DataError} as `decode` */
  decodeBytes(ids: Iterable<number>, options?: { readonly skipSpecial?: boolean }): Uint8Array;
  /** The content of `tokenizer.json`, from which Hugging Face's tokenizers gives the same ids. */
  toJSON(): object;
}

/** A tokenizer without merges: one token a byte, `vocabSize` 266. */
export function byteTokenizer(): Tokenizer {
  return new BytePairTokenizer([]);
}

const LONGEST_CACHED_WORD = 64;
const CACHED_WORDS = 2 ** 18;
const encoder = new TextEncoder();
const specialPattern = new RegExp(`(${specialTokenTexts.map(escapePattern).join("|")})`);

/** Byte-level byte-pair encoding with a bounded cache of words. */
export class BytePairTokenizer implements Tokenizer {
  readonly kind: "bpe" | "byte";
  readonly vocabSize: number;
  readonly special = specialTokens;
  readonly merges: readonly Merge[];
  readonly #tokenBytes: readonly Uint8Array[];
  readonly #merger: WordMerger;
  readonly #words = new WordTable();
  readonly #cachedTokens = new TokenBuffer();
  /** Where the tokens of cached word w begin in #cachedTokens; those of w + 1 begin at their end. */
  #cachedStarts: number[] = [0];

  /** @param merges - in order of rank; each joins two byte tokens or tokens of merges before it */
  constructor(merges: readonly Merge[]) {
    this.kind = merges.length === 0 ? "byte" : "bpe";
    this.vocabSize = firstMergeToken + merges.length;
    this.merges = merges;
    this.#tokenBytes = tokenBytes(merges);
    const pairs = new PairTable();
    for (const [rank, [left, right]] of merges.entries()) {
      pairs.set(left, right, firstMergeToken + rank);
    }
    this.#merger = new WordMerger(pairs);
  }

  encode(text: string, options: { readonly parseSpecial?: boolean } = {}): number[] {
    const output = new TokenBuffer(text.length);
    if (options.parseSpecial !== true) {
      this.encodeInto(text, output);
      return output.toArray();
    }
    for (const [index, part] of text.split(specialPattern).entries()) {
      if (index % 2 === 1) output.push(specialTokenTexts.indexOf(part));
      else this.encodeInto(part, output);
    }
    return output.toArray();
  }

  encodeBytes(bytes: Uint8Array): number[] {
    const output = new TokenBuffer(bytes.length);
    this.#encodeBytesInto(bytes, output);
    return output.toArray();
  }

  encodeInto(text: string, output: TokenBuffer): void {
    this.#encodeBytesInto(encoder.encode(text), output);
  }

  decode(ids: Iterable<number>, options: { readonly skipSpecial?: boolean } = {}): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.decodeBytes(ids, options));
  }

  decodeBytes(ids: Iterable<number>, options: { readonly skipSpecial?: boolean } = {}): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (const id of ids) {
      const part = this.#tokenBytes[id];
      if (part === undefined) {
        throw new DataError(
          `decode: expected token ids from 0 to ${this.vocabSize - 1}, got ${id}; the tokens were made with another tokenizer`,
        );
      }
      if (options.skipSpecial === true && id < firstByteToken) continue;
      parts.push(part);
      length += part.length;
    }
    const bytes = new Uint8Array(length);
    let offset = 0;
    for (const part of parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return bytes;
  }

  toJSON(): object {
    return tokenizerJson(this.#tokenBytes, this.merges);
  }

  #encodeBytesInto(bytes: Uint8Array, output: TokenBuffer): void {
    if (this.kind === "byte") {
      for (const byte of bytes) output.push(firstByteToken + byte);
      return;
    }
    for (let start = 0; start < bytes.length; ) {
      const end = wordEnd(bytes, start, bytes.length);
      if (end - start > LONGEST_CACHED_WORD) this.#merger.merge(bytes, { start, end }, output);
      else this.#encodeCached(bytes, { start, end }, output);
      start = end;
    }
  }

  #encodeCached(
    bytes: Uint8Array,
    word: { readonly start: number; readonly end: number },
    output: TokenBuffer,
  ): void {
    if (this.#words.size === CACHED_WORDS) {
      this.#words.clear();
      this.#cachedTokens.clear();
      this.#cachedStarts = [0];
    }
    const index = this.#words.intern(bytes, word.start, word.end);
    if (index + 1 === this.#cachedStarts.length) {
      this.#merger.merge(bytes, word, this.#cachedTokens);
      this.#cachedStarts.push(this.#cachedTokens.length);
    }
    const start = this.#cachedStarts[index]!;
    output.pushRange(this.#cachedTokens, start, this.#cachedStarts[index + 1]!);
  }
}

function tokenBytes(merges: readonly Merge[]): Uint8Array[] {
  const tokens = specialTokenTexts.map((text) => encoder.encode(text));
  for (let byte = 0; byte < 256; byte++) tokens.push(Uint8Array.of(byte));
  for (const [left, right] of merges) {
    tokens.push(Uint8Array.of(...tokens[left]!, ...tokens[right]!));
  }
  return tokens;
}

function escapePattern(text: string): string {
  return text.replace(/[[\]|/]/g, "\\$&");
}
