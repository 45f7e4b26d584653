import { shiftedEdits } from "./_block-shifts.ts";
import { checkReferences, checkSegments, referenceCount } from "./_check-segments.ts";
import { type TerTokenization, tokenizeForTer } from "./ter-tokenizer.ts";

/** A translation edit rate with what it is made of. */
export interface TerScore {
  /** Edits by 100 words of reference: 0 is perfect, and more than 100 is possible. */
  readonly score: number;
  /** Words added, left out, replaced, and runs of words moved, for the reference with the fewest. */
  readonly edits: number;
  /** Words, the mean over the references of a segment. */
  readonly referenceLength: number;
  /** The settings in sacreBLEU's words, without a version. */
  readonly signature: string;
}

/**
 * TER of one sentence. Moves are found by tercom's search, which may miss a better one.
 *
 * @param references - any number of right answers, in any order
 * @throws {DataError} without a reference
 * @see Snover et al. 2006, "A Study of Translation Edit Rate with Targeted Human Annotation"
 */
export function terSentence(
  hypothesis: string,
  references: readonly string[],
  options: TerTokenization = {},
): TerScore {
  checkReferences("terSentence", references);
  return scoreOf([countEdits(hypothesis, references, options)], [references], options);
}

/**
 * TER of a corpus: all edits by all words of reference.
 *
 * @param references - those of each hypothesis; their number may differ
 * @throws {DataError} without a hypothesis, when the numbers differ, or without a reference
 * @see `terSentence`
 */
export function terCorpus(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: TerTokenization = {},
): TerScore {
  checkSegments("terCorpus", hypotheses, references);
  const segments = hypotheses.map((one, i) => countEdits(one, references[i]!, options));
  return scoreOf(segments, references, options);
}

/**
 * TER of a corpus from what its sentences were counted as.
 *
 * @param sentences - scored by `terSentence`
 */
export function terOfSentences(sentences: readonly TerScore[]): number {
  return rateOf(sentences).score;
}

type EditCount = Pick<TerScore, "edits" | "referenceLength">;

function countEdits(
  hypothesis: string,
  references: readonly string[],
  options: TerTokenization,
): EditCount {
  const numbers = new Map<string, number>();
  const numbered = (text: string) => numberWords(tokenizeForTer(text, options), numbers);
  const own = numbered(hypothesis);
  const others = references.map(numbered);
  const words = others.reduce((sum, { length }) => sum + length, 0);
  return {
    edits: Math.min(...others.map((other) => shiftedEdits(own, other))),
    referenceLength: words / others.length,
  };
}

function numberWords(words: readonly string[], numbers: Map<string, number>): Int32Array {
  return Int32Array.from(words, (word) => {
    const number = numbers.get(word) ?? numbers.size;
    numbers.set(word, number);
    return number;
  });
}

function scoreOf(
  segments: readonly EditCount[],
  references: readonly (readonly string[])[],
  options: TerTokenization,
): TerScore {
  return { ...rateOf(segments), signature: signatureOf(references, options) };
}

function rateOf(segments: readonly EditCount[]): EditCount & { readonly score: number } {
  const edits = segments.reduce((sum, segment) => sum + segment.edits, 0);
  const referenceLength = segments.reduce((sum, segment) => sum + segment.referenceLength, 0);
  const rate = referenceLength > 0 ? edits / referenceLength : Math.min(1, edits);
  return { score: 100 * rate, edits, referenceLength };
}

function signatureOf(references: readonly (readonly string[])[], options: TerTokenization): string {
  return [
    `nrefs:${referenceCount(references)}`,
    `case:${options.caseSensitive ? "mixed" : "lc"}`,
    "tok:tercom",
    `norm:${options.normalized ? "yes" : "no"}`,
    `punct:${options.noPunctuation ? "no" : "yes"}`,
    `asian:${options.asianSupport ? "yes" : "no"}`,
  ].join("|");
}
