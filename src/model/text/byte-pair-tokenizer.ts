import { DataError } from "../../errors.ts";
import type { ChatForm } from "./chat-template.ts";
import { wordEnd } from "./pre-tokenizer.ts";
import type { TokenRoles } from "./special-tokens.ts";
import { TokenBuffer } from "./token-buffer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { Merge, Vocabulary } from "./vocabulary.ts";
import { WordMerger } from "./word-merger.ts";
import { WordTable } from "./word-table.ts";

/** What a tokenizer's files hold beside its vocabulary. */
export interface TokenizerFiles {
  readonly chat: ChatForm;
  readonly json: () => object;
  readonly configJson: () => object;
}

const LONGEST_CACHED_WORD = 64;
const CACHED_WORDS = 2 ** 18;
const encoder = new TextEncoder();

/** Byte-level byte-pair encoding with a bounded cache of words. */
export class BytePairTokenizer<Special extends TokenRoles> implements Tokenizer {
  readonly kind: "bpe" | "byte";
  readonly vocabSize: number;
  readonly special: Special;
  readonly documentStart: readonly number[];
  readonly stopTokens: readonly number[];
  readonly chat: ChatForm;
  readonly merges: readonly Merge[];
  readonly #vocabulary: Vocabulary;
  readonly #files: TokenizerFiles;
  readonly #addedPattern: RegExp | undefined;
  readonly #specialIds: ReadonlySet<number>;
  readonly #merger: WordMerger;
  readonly #words = new WordTable();
  readonly #cachedTokens = new TokenBuffer();
  /** Where the tokens of cached word w begin in #cachedTokens; those of w + 1 begin at their end. */
  #cachedStarts: number[] = [0];

  constructor(vocabulary: Vocabulary<Special>, files: TokenizerFiles) {
    const { merges, tokenBytes, added } = vocabulary;
    this.kind = merges.length === 0 ? "byte" : "bpe";
    this.vocabSize = tokenBytes.length;
    this.special = vocabulary.special;
    this.documentStart = vocabulary.documentStart;
    this.stopTokens = vocabulary.stopTokens;
    this.chat = files.chat;
    this.merges = merges;
    this.#vocabulary = vocabulary;
    this.#files = files;
    this.#addedPattern = patternOf([...added.keys()]);
    const special = [...added.values()].filter(({ isSpecial }) => isSpecial);
    this.#specialIds = new Set(special.map(({ id }) => id));
    this.#merger = new WordMerger(vocabulary);
  }

  encode(text: string, options: { readonly parseSpecial?: boolean } = {}): number[] {
    const output = new TokenBuffer(text.length);
    for (const part of options.parseSpecial === true ? this.splitSpecial(text) : [text]) {
      if (typeof part === "number") output.push(part);
      else this.encodeInto(part, output);
    }
    return output.toArray();
  }

  splitSpecial(text: string): (number | string)[] {
    if (this.#addedPattern === undefined) return [text];
    const parts = text.split(this.#addedPattern);
    return parts.map((part, at) => (at % 2 === 1 ? this.#vocabulary.added.get(part)!.id : part));
  }

  encodeBytes(bytes: Uint8Array): number[] {
    const output = new TokenBuffer(bytes.length);
    const { pattern } = this.#vocabulary;
    const text = pattern === undefined ? undefined : textOf(bytes);
    if (pattern === undefined) this.#encodeBytesInto(bytes, output);
    else if (text !== undefined) this.#encodeByPattern(pattern, text, output);
    else this.#encodeEachByte(bytes, output);
    return output.toArray();
  }

  encodeInto(text: string, output: TokenBuffer): void {
    const { pattern, isNormalised } = this.#vocabulary;
    const normal = isNormalised === true ? text.normalize("NFC") : text;
    if (pattern === undefined) this.#encodeBytesInto(encoder.encode(normal), output);
    else this.#encodeByPattern(pattern, normal, output);
  }

  decode(ids: Iterable<number>, options: { readonly skipSpecial?: boolean } = {}): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.decodeBytes(ids, options));
  }

  decodeBytes(ids: Iterable<number>, options: { readonly skipSpecial?: boolean } = {}): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (const id of ids) {
      const part = this.#vocabulary.tokenBytes[id];
      if (part === undefined) {
        throw new DataError(
          `decode: expected token ids from 0 to ${this.vocabSize - 1}, got ${id}; the tokens were made with another tokenizer`,
        );
      }
      if (options.skipSpecial === true && this.#specialIds.has(id)) continue;
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
    return this.#files.json();
  }

  configJson(): object {
    return this.#files.configJson();
  }

  #encodeBytesInto(bytes: Uint8Array, output: TokenBuffer): void {
    if (this.kind === "byte") {
      this.#encodeEachByte(bytes, output);
      return;
    }
    for (let start = 0; start < bytes.length; ) {
      const end = wordEnd(bytes, start, bytes.length);
      this.#encodeWord(bytes, { start, end }, output);
      start = end;
    }
  }

  #encodeEachByte(bytes: Uint8Array, output: TokenBuffer): void {
    const { byteTokens } = this.#vocabulary;
    for (const byte of bytes) if (byteTokens[byte]! >= 0) output.push(byteTokens[byte]!);
  }

  #encodeByPattern(pattern: RegExp, text: string, output: TokenBuffer): void {
    const bytes = encoder.encode(text);
    let start = 0;
    for (const [word] of text.matchAll(pattern)) {
      const end = start + utf8Length(word);
      this.#encodeWord(bytes, { start, end }, output);
      start = end;
    }
  }

  #encodeWord(bytes: Uint8Array, word: Stretch, output: TokenBuffer): void {
    if (word.end - word.start > LONGEST_CACHED_WORD) this.#merger.merge(bytes, word, output);
    else this.#encodeCached(bytes, word, output);
  }

  #encodeCached(bytes: Uint8Array, word: Stretch, output: TokenBuffer): void {
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

/** A part of some bytes. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A group of the texts, of two that begin alike the longer one; undefined when there is none. */
function patternOf(texts: readonly string[]): RegExp | undefined {
  if (texts.length === 0) return undefined;
  const longestFirst = texts.toSorted((a, b) => b.length - a.length);
  return new RegExp(`(${longestFirst.map(escapePattern).join("|")})`);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/** Text of bytes that are UTF-8; undefined for others. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** How many bytes `TextEncoder` makes of a text. */
function utf8Length(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const codePoint = text.codePointAt(index)!;
    length += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    if (codePoint >= 0x10000) index++;
  }
  return length;
}
