import { ConfigError, DataError } from "../../errors.ts";
import { printableBytes } from "./byte-alphabet.ts";
import { Heap } from "./heap.ts";
import { PairTable } from "./pair-table.ts";
import { wordEnd } from "./pre-tokenizer.ts";
import { firstByteToken, firstMergeToken } from "./special-tokens.ts";
import { type OwnTokenizer, ownTokenizer } from "./tokenizer.ts";
import type { Merge } from "./vocabulary.ts";
import { WordTable } from "./word-table.ts";

/** What a tokenizer is trained to be, and on how much. */
export interface TokenizerTraining {
  /** Special tokens (10), bytes (256) and merges together. */
  readonly vocabSize: number;
  /**
   * Texts are taken in order until their UTF-8 bytes reach this; mix the sources before. Word
   * statistics change little beyond it, time and memory grow.
   */
  readonly sampleBytes?: number;
}

const DEFAULT_SAMPLE_BYTES = 64 * 2 ** 20;
/** Longer words (data, not language) are cut, so that one of them cannot slow every merge. */
const LONGEST_WORD = 512;
/** A pair seen once teaches nothing about other text. */
const LEAST_COUNT = 2;

/**
 * Trains a byte-level byte-pair tokenizer. The result depends on the words of the texts and their
 * counts only: the order of texts does not matter (within the sample), and ties go to the pair with
 * the lower left id, then the lower right id.
 *
 * @throws {ConfigError} when vocabSize cannot hold the special tokens and bytes
 * @throws {DataError} when the texts give fewer merges than asked for
 * @see Sennrich et al. 2016, arXiv 1508.07909
 */
export async function trainTokenizer(
  texts: AsyncIterable<string> | Iterable<string>,
  training: TokenizerTraining,
): Promise<OwnTokenizer> {
  const { vocabSize, sampleBytes = DEFAULT_SAMPLE_BYTES } = training;
  if (!Number.isInteger(vocabSize) || vocabSize < firstMergeToken) {
    throw new ConfigError(
      `tokenizer: vocabSize must be a whole number, at least ${firstMergeToken} (special tokens and 256 bytes), got ${vocabSize}`,
    );
  }
  const { words, counts } = await countWords(texts, sampleBytes);
  const wanted = vocabSize - firstMergeToken;
  const merges = new MergeLearner(words, counts).learn(wanted);
  if (merges.length < wanted) {
    const most = firstMergeToken + merges.length;
    throw new DataError(
      `tokenizer: vocabSize ${vocabSize} needs ${wanted} merges, but the text (${words.size} distinct words) gave only ${merges.length}; set vocabSize to ${most} or less, or add text`,
    );
  }
  return ownTokenizer(merges);
}

async function countWords(
  texts: AsyncIterable<string> | Iterable<string>,
  sampleBytes: number,
): Promise<{ words: WordTable; counts: number[] }> {
  const words = new WordTable();
  const counts: number[] = [];
  const encoder = new TextEncoder();
  let taken = 0;
  for await (const text of texts) {
    const bytes = encoder.encode(text);
    for (let start = 0; start < bytes.length; ) {
      const end = Math.min(wordEnd(bytes, start, bytes.length), start + LONGEST_WORD);
      const word = words.intern(bytes, start, end);
      counts[word] = (counts[word] ?? 0) + 1;
      start = end;
    }
    taken += bytes.length;
    if (taken >= sampleBytes) break;
  }
  return { words, counts };
}

interface Candidate {
  readonly pair: number;
  readonly left: number;
  readonly right: number;
  /** The pair's count when it was queued: counts only fall, so an old one is put back lower. */
  readonly count: number;
}

/** The words of a corpus as sequences of tokens, with the counts of all neighbouring pairs. */
class MergeLearner {
  readonly #tokens: Int32Array; // of all words, each in its own stretch
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #wordCounts: readonly number[];
  readonly #pairs = new PairTable(); // (left, right) to an index of the four arrays below
  readonly #lefts: number[] = [];
  readonly #rights: number[] = [];
  readonly #counts: number[] = [];
  readonly #wordsOfPair: number[][] = [];
  readonly #queue = new Heap<Candidate>(isBefore);

  constructor(words: WordTable, counts: readonly number[]) {
    this.#wordCounts = counts;
    this.#starts = new Int32Array(words.size);
    this.#lengths = new Int32Array(words.size);
    let total = 0;
    for (let word = 0; word < words.size; word++) {
      this.#starts[word] = total;
      this.#lengths[word] = words.bytesOf(word).length;
      total += this.#lengths[word]!;
    }
    this.#tokens = new Int32Array(total);
    for (let word = 0; word < words.size; word++) {
      const start = this.#starts[word]!;
      const bytes = words.bytesOf(word);
      for (let at = 0; at < bytes.length; at++) {
        this.#tokens[start + at] = firstByteToken + bytes[at]!;
        if (at > 0) this.#add(this.#tokens[start + at - 1]!, this.#tokens[start + at]!, word);
      }
    }
    this.#enqueueFrom(0);
  }

  /** At most `wanted` merges, fewer when no pair is left that occurs at least twice. */
  learn(wanted: number): Merge[] {
    const merges: Merge[] = [];
    const texts = Array.from({ length: firstMergeToken }, (_, id) =>
      printableBytes(id < firstByteToken ? [] : [id - firstByteToken]),
    );
    const known = new Set(texts);
    while (merges.length < wanted) {
      const best = this.#popCurrent();
      if (best === undefined) break;
      const text = texts[best.left]! + texts[best.right]!;
      if (known.has(text)) continue; // another pair made this token: an id has one spelling
      known.add(text);
      texts.push(text);
      const pairsBefore = this.#counts.length;
      this.#merge(best, firstMergeToken + merges.length);
      this.#enqueueFrom(pairsBefore);
      merges.push([best.left, best.right]);
    }
    return merges;
  }

  #popCurrent(): Candidate | undefined {
    for (let best = this.#queue.pop(); best !== undefined; best = this.#queue.pop()) {
      const count = this.#counts[best.pair]!;
      if (count === best.count) return best;
      if (count >= LEAST_COUNT) this.#queue.push({ ...best, count });
    }
    return undefined;
  }

  #merge(candidate: Candidate, merged: number): void {
    const words = this.#wordsOfPair[candidate.pair]!;
    this.#wordsOfPair[candidate.pair] = [];
    for (const word of words) this.#mergeInWord(word, candidate, merged);
  }

  #mergeInWord(word: number, { left, right }: Candidate, merged: number): void {
    const tokens = this.#tokens;
    const start = this.#starts[word]!;
    const end = start + this.#lengths[word]!;
    let write = start;
    for (let read = start; read < end; read++) {
      if (tokens[read] !== left || read + 1 >= end || tokens[read + 1] !== right) {
        tokens[write++] = tokens[read]!;
        continue;
      }
      if (write > start) {
        this.#remove(tokens[write - 1]!, left, word);
        this.#add(tokens[write - 1]!, merged, word);
      }
      if (read + 2 < end) {
        this.#remove(right, tokens[read + 2]!, word);
        this.#add(merged, tokens[read + 2]!, word);
      }
      tokens[write++] = merged;
      read++;
    }
    this.#lengths[word] = write - start;
  }

  #add(left: number, right: number, word: number): void {
    let pair = this.#pairs.get(left, right);
    if (pair < 0) {
      pair = this.#counts.length;
      this.#pairs.set(left, right, pair);
      this.#lefts.push(left);
      this.#rights.push(right);
      this.#counts.push(0);
      this.#wordsOfPair.push([]);
    }
    this.#counts[pair]! += this.#wordCounts[word]!;
    const words = this.#wordsOfPair[pair]!;
    if (words.at(-1) !== word) words.push(word);
  }

  #remove(left: number, right: number, word: number): void {
    this.#counts[this.#pairs.get(left, right)]! -= this.#wordCounts[word]!;
  }

  /** Queues the pairs from an index on: after a merge, exactly the pairs with the new token. */
  #enqueueFrom(first: number): void {
    for (let pair = first; pair < this.#counts.length; pair++) {
      const count = this.#counts[pair]!;
      if (count < LEAST_COUNT) continue;
      this.#queue.push({ pair, left: this.#lefts[pair]!, right: this.#rights[pair]!, count });
    }
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.left !== b.left ? a.left < b.left : a.right < b.right;
}
