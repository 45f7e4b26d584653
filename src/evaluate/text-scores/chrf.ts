import { checkReferences, checkSegments, referenceCount } from "./_check-segments.ts";
import {
  codePointEnds,
  commonCount,
  countCharacterNgrams,
  countWordNgrams,
  type NgramCounts,
  totalCount,
} from "./_ngram-counts.ts";
import { asciiPunctuation, splitWords } from "./python-text.ts";

/** How chrF is computed; every default is sacreBLEU's. */
export interface ChrfOptions {
  /** The longest runs of characters that count; 6 by default. */
  readonly characterOrder?: number | undefined;
  /** The longest runs of words that count: 0, the default, is chrF; 2 is chrF++. */
  readonly wordOrder?: number | undefined;
  /** Recall counts `beta` times as much as precision; 2 by default. */
  readonly beta?: number | undefined;
  /** Whether upper and lower case are the same; not by default. */
  readonly lowercase?: boolean | undefined;
  /** Whether white space is among the characters; not by default. */
  readonly whitespace?: boolean | undefined;
  /** Whether F is averaged over all orders, as chrF++.py and NLTK do, instead of P and R. */
  readonly epsilonSmoothing?: boolean | undefined;
}

/** A chrF score with what it is made of; orders of characters come first, then those of words. */
export interface ChrfScore {
  /** In [0, 100]. */
  readonly score: number;
  /** N-grams in common by order. */
  readonly counts: readonly number[];
  /** N-grams of the hypotheses by order; none where the reference has none of that order. */
  readonly hypothesisTotals: readonly number[];
  /** N-grams of the references by order. */
  readonly referenceTotals: readonly number[];
  /** The settings in sacreBLEU's words, without a version. */
  readonly signature: string;
}

type Settings = ReturnType<typeof settingsOf>;

/** Of one order: n-grams of the hypothesis, of the reference, and in common. */
interface OrderCounts {
  readonly hypothesis: number;
  readonly reference: number;
  readonly common: number;
}

/**
 * chrF, or chrF++, of one sentence: that of the reference it is highest for.
 *
 * @throws {DataError} without a reference
 * @see Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"; chrF++: 2017
 */
export function chrfSentence(
  hypothesis: string,
  references: readonly string[],
  options: ChrfOptions = {},
): ChrfScore {
  checkReferences("chrfSentence", references);
  const settings = settingsOf(options);
  return scoreOf(bestCounts(hypothesis, references, settings), [references], settings);
}

/**
 * chrF, or chrF++, of a corpus: from the counts of the best reference of each segment, summed.
 *
 * @param references - those of each hypothesis; their number may differ
 * @throws {DataError} without a hypothesis, when the numbers differ, or without a reference
 * @see `chrfSentence`
 */
export function chrfCorpus(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: ChrfOptions = {},
): ChrfScore {
  checkSegments("chrfCorpus", hypotheses, references);
  const settings = settingsOf(options);
  const summed = hypotheses
    .map((hypothesis, i) => bestCounts(hypothesis, references[i]!, settings))
    .reduce((sum, counts) => sum.map((order, n) => add(order, counts[n]!)));
  return scoreOf(summed, references, settings);
}

/**
 * chrF of a corpus from what its sentences were counted as, with sacreBLEU's beta and smoothing.
 *
 * @param sentences - scored by `chrfSentence`, at least one
 * @returns in [0, 100]
 */
export function chrfOfSentences(sentences: readonly ChrfScore[]): number {
  const summed = sentences[0]!.counts.map(() => ({ hypothesis: 0, reference: 0, common: 0 }));
  for (const { counts, hypothesisTotals, referenceTotals } of sentences) {
    summed.forEach((order, n) => {
      order.common += counts[n]!;
      order.hypothesis += hypothesisTotals[n]!;
      order.reference += referenceTotals[n]!;
    });
  }
  return fScore(summed, settingsOf({}));
}

function settingsOf(options: ChrfOptions) {
  return {
    characterOrder: options.characterOrder ?? 6,
    wordOrder: options.wordOrder ?? 0,
    beta: options.beta ?? 2,
    lowercase: options.lowercase ?? false,
    whitespace: options.whitespace ?? false,
    epsilonSmoothing: options.epsilonSmoothing ?? false,
  };
}

function add(a: OrderCounts, b: OrderCounts): OrderCounts {
  return {
    hypothesis: a.hypothesis + b.hypothesis,
    reference: a.reference + b.reference,
    common: a.common + b.common,
  };
}

/** The counts of the reference with the highest score, the first of several. */
function bestCounts(
  hypothesis: string,
  references: readonly string[],
  settings: Settings,
): readonly OrderCounts[] {
  const own = ngramsOf(hypothesis, settings);
  const [first, ...others] = references.map((reference) =>
    ngramsOf(reference, settings).map((theirs, order) => compare(own[order]!, theirs)),
  );
  return others.reduce((best, counts) => {
    return fScore(counts, settings) > fScore(best, settings) ? counts : best;
  }, first!);
}

function compare(hypothesis: NgramCounts, reference: NgramCounts): OrderCounts {
  return {
    hypothesis: reference.size === 0 ? 0 : totalCount(hypothesis),
    reference: totalCount(reference),
    common: commonCount(hypothesis, reference),
  };
}

function ngramsOf(
  text: string,
  { characterOrder, wordOrder, lowercase, whitespace }: Settings,
): NgramCounts[] {
  const cased = lowercase ? text.toLowerCase() : text;
  const characters = whitespace ? cased : splitWords(cased).join("");
  const ends = codePointEnds(characters);
  const words = wordOrder === 0 ? [] : splitWords(cased).flatMap(splitMark);
  return [
    ...orders(characterOrder).map((n) => countCharacterNgrams(characters, ends, n)),
    ...orders(wordOrder).map((n) => countWordNgrams(words, n)),
  ];
}

function orders(longest: number): number[] {
  return Array.from({ length: longest }, (_, i) => i + 1);
}

/** One ASCII punctuation mark apart from its word: the last character if it is one, else the first. */
function splitMark(word: string): string[] {
  const characters = [...word];
  if (characters.length === 1) return [word];
  const [first, last] = [characters[0]!, characters.at(-1)!];
  if (asciiPunctuation.has(last)) return [word.slice(0, -1), last];
  return asciiPunctuation.has(first) ? [first, word.slice(1)] : [word];
}

function scoreOf(
  counts: readonly OrderCounts[],
  references: readonly (readonly string[])[],
  settings: Settings,
): ChrfScore {
  return {
    score: fScore(counts, settings),
    counts: counts.map(({ common }) => common),
    hypothesisTotals: counts.map(({ hypothesis }) => hypothesis),
    referenceTotals: counts.map(({ reference }) => reference),
    signature: signatureOf(references, settings),
  };
}

function fScore(counts: readonly OrderCounts[], { beta, epsilonSmoothing }: Settings): number {
  return 100 * (epsilonSmoothing ? meanOfF(counts, beta) : fOfMeans(counts, beta));
}

/** Precision and recall are averaged over the orders that both texts have. */
function fOfMeans(counts: readonly OrderCounts[], beta: number): number {
  let [precision, recall, both] = [0, 0, 0];
  for (const { hypothesis, reference, common } of counts) {
    if (hypothesis === 0 || reference === 0) continue;
    precision += common / hypothesis;
    recall += common / reference;
    both++;
  }
  return both === 0 ? 0 : (f(precision / both, recall / both, beta) ?? 0);
}

/** F is averaged over all orders; what cannot be divided is next to nothing. */
function meanOfF(counts: readonly OrderCounts[], beta: number): number {
  const epsilon = 1e-16; // chrF++.py of Popović
  let sum = 0;
  for (const { hypothesis, reference, common } of counts) {
    const precision = hypothesis > 0 ? common / hypothesis : epsilon;
    const recall = reference > 0 ? common / reference : epsilon;
    sum += f(precision, recall, beta) ?? epsilon;
  }
  return sum / counts.length;
}

function f(precision: number, recall: number, beta: number): number | undefined {
  const weight = beta ** 2;
  const denominator = weight * precision + recall;
  return denominator > 0 ? ((1 + weight) * precision * recall) / denominator : undefined;
}

function signatureOf(references: readonly (readonly string[])[], settings: Settings): string {
  return [
    `nrefs:${referenceCount(references)}`,
    `case:${settings.lowercase ? "lc" : "mixed"}`,
    `eff:${settings.epsilonSmoothing ? "no" : "yes"}`,
    `nc:${settings.characterOrder}`,
    `nw:${settings.wordOrder}`,
    `space:${settings.whitespace ? "yes" : "no"}`,
  ].join("|");
}
