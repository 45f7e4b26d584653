import { checkReferences, checkSegments, referenceCount } from "./_check-segments.ts";
import { countWordNgrams, type NgramCounts } from "./_ngram-counts.ts";
import { type BleuTokenizer, tokenizeForBleu } from "./bleu-tokenizers.ts";
import { splitWords, stripEnd } from "./python-text.ts";

/** What becomes of an order without a match: `exp` halves, `floor` and `add-k` give a little. */
export type BleuSmoothing = "exp" | "floor" | "add-k" | "none";

/** How BLEU is computed; every default is sacreBLEU's. */
export interface BleuOptions {
  /** `13a` by default; `zh` for Chinese, `char` for Japanese. */
  readonly tokenizer?: BleuTokenizer | undefined;
  /** Whether upper and lower case are the same; not by default. */
  readonly lowercase?: boolean | undefined;
  /** `exp` by default. */
  readonly smoothing?: BleuSmoothing | undefined;
  /** By default 0.1 matches for `floor`, 1 for `add-k`; the others have none. */
  readonly smoothingValue?: number | undefined;
  /** The longest n-grams that count; 4 by default. */
  readonly maxOrder?: number | undefined;
  /** Whether orders count only as far as the hypothesis has n-grams: for sentences by default. */
  readonly effectiveOrder?: boolean | undefined;
}

/** A BLEU score with what it is made of. */
export interface BleuScore {
  /** In [0, 100], but for rounding: a perfect match is 100.00000000000004. */
  readonly score: number;
  /** Matches by order from 1 on, each n-gram at most as often as a reference has it. */
  readonly counts: readonly number[];
  /** N-grams of the hypothesis by order. */
  readonly totals: readonly number[];
  /** By order, smoothed, in [0, 100]. */
  readonly precisions: readonly number[];
  /** In (0, 1]; 0 for an empty hypothesis. */
  readonly brevityPenalty: number;
  /** Tokens. */
  readonly hypothesisLength: number;
  /** Tokens of the reference closest in length, the shorter one of two. */
  readonly referenceLength: number;
  /** The settings in sacreBLEU's words, without a version. */
  readonly signature: string;
}

interface BleuCounts {
  readonly counts: number[];
  readonly totals: number[];
  hypothesisLength: number;
  referenceLength: number;
}

type Settings = ReturnType<typeof settingsOf>;

/**
 * BLEU of one sentence.
 *
 * @param references - any number of right answers, in any order
 * @throws {DataError} without a reference
 * @see Papineni et al. 2002; Post 2018, arXiv 1804.08771; smoothing: Chen, Cherry 2014
 */
export function bleuSentence(
  hypothesis: string,
  references: readonly string[],
  options: BleuOptions = {},
): BleuScore {
  checkReferences("bleuSentence", references);
  const settings = settingsOf(options, true);
  const summed = emptyCounts(settings);
  addSegment(summed, hypothesis, references, settings);
  return scoreOf(summed, [references], settings);
}

/**
 * BLEU of a corpus: counts and lengths are summed over its segments before anything is divided.
 *
 * @param references - those of each hypothesis; their number may differ
 * @throws {DataError} without a hypothesis, when the numbers differ, or without a reference
 * @see `bleuSentence`
 */
export function bleuCorpus(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: BleuOptions = {},
): BleuScore {
  checkSegments("bleuCorpus", hypotheses, references);
  const settings = settingsOf(options, false);
  const summed = emptyCounts(settings);
  hypotheses.forEach((hypothesis, i) => {
    addSegment(summed, hypothesis, references[i]!, settings);
  });
  return scoreOf(summed, references, settings);
}

/**
 * BLEU of a corpus from what its sentences were counted as, with sacreBLEU's smoothing and order.
 *
 * @param sentences - scored by `bleuSentence`, at least one, not smoothed by `add-k`
 * @returns in [0, 100], but for rounding
 */
export function bleuOfSentences(sentences: readonly BleuScore[]): number {
  const settings = settingsOf({ maxOrder: sentences[0]!.counts.length }, false);
  const summed = emptyCounts(settings);
  for (const { counts, totals, hypothesisLength, referenceLength } of sentences) {
    for (let i = 0; i < counts.length; i++) {
      summed.counts[i]! += counts[i]!;
      summed.totals[i]! += totals[i]!;
    }
    summed.hypothesisLength += hypothesisLength;
    summed.referenceLength += referenceLength;
  }
  return scoreOf(summed, [], settings).score;
}

function settingsOf(options: BleuOptions, effectiveOrder: boolean) {
  const { smoothing = "exp" } = options;
  const defaults = { exp: undefined, none: undefined, floor: 0.1, "add-k": 1 }; // Chen, Cherry 2014
  return {
    tokenizer: options.tokenizer ?? "13a",
    lowercase: options.lowercase ?? false,
    smoothing,
    smoothingValue: options.smoothingValue ?? defaults[smoothing],
    maxOrder: options.maxOrder ?? 4,
    effectiveOrder: options.effectiveOrder ?? effectiveOrder,
  };
}

function emptyCounts({ maxOrder }: Settings): BleuCounts {
  return {
    counts: Array(maxOrder).fill(0),
    totals: Array(maxOrder).fill(0),
    hypothesisLength: 0,
    referenceLength: 0,
  };
}

function addSegment(
  summed: BleuCounts,
  hypothesis: string,
  references: readonly string[],
  settings: Settings,
): void {
  const words = wordsOf(hypothesis, settings);
  const others = references.map((reference) => wordsOf(reference, settings));
  for (let n = 1; n <= settings.maxOrder; n++) {
    const allowed = mostOf(others.map((other) => countWordNgrams(other, n)));
    for (const [ngram, count] of countWordNgrams(words, n)) {
      summed.counts[n - 1]! += Math.min(count, allowed.get(ngram) ?? 0);
    }
    summed.totals[n - 1]! += Math.max(0, words.length - n + 1);
  }
  summed.hypothesisLength += words.length;
  summed.referenceLength += closestLength(
    words.length,
    others.map(({ length }) => length),
  );
}

function wordsOf(text: string, { lowercase, tokenizer }: Settings): string[] {
  return splitWords(tokenizeForBleu(stripEnd(lowercase ? text.toLowerCase() : text), tokenizer));
}

/** Of each n-gram the most that one of the texts has. */
function mostOf([first, ...others]: readonly NgramCounts[]): NgramCounts {
  for (const other of others) {
    for (const [ngram, count] of other) {
      if (count > (first!.get(ngram) ?? 0)) first!.set(ngram, count);
    }
  }
  return first!;
}

function closestLength(length: number, candidates: readonly number[]): number {
  const distance = (other: number) => Math.abs(other - length);
  return candidates.reduce((best, other) => {
    const closer = distance(other) - distance(best) || other - best;
    return closer < 0 ? other : best;
  });
}

function scoreOf(
  { counts, totals, hypothesisLength, referenceLength }: BleuCounts,
  references: readonly (readonly string[])[],
  settings: Settings,
): BleuScore {
  const brevityPenalty = brevityPenaltyOf(hypothesisLength, referenceLength);
  const signature = signatureOf(references, settings);
  const made = { counts, totals, brevityPenalty, hypothesisLength, referenceLength, signature };
  if (counts.every((count) => count === 0)) {
    return { score: 0, precisions: counts.map(() => 0), ...made };
  }
  if (settings.smoothing === "add-k") addToLongerOrders(counts, totals, settings.smoothingValue!);
  const precisions = smoothedPrecisions(counts, totals, settings);
  const orders = settings.effectiveOrder ? ordersWithNgrams(totals) : settings.maxOrder;
  let sum = 0;
  // No precision at all stands for log 0 = -9999999999: exp gives exactly 0.
  for (const precision of precisions.slice(0, orders)) {
    sum += precision === 0 ? Number.NEGATIVE_INFINITY : Math.log(precision);
  }
  return { score: brevityPenalty * Math.exp(sum / orders), precisions, ...made };
}

function brevityPenaltyOf(hypothesisLength: number, referenceLength: number): number {
  if (hypothesisLength >= referenceLength) return 1;
  return hypothesisLength === 0 ? 0 : Math.exp(1 - referenceLength / hypothesisLength);
}

/** Orders before the first one of which the hypothesis has no n-gram. */
function ordersWithNgrams(totals: readonly number[]): number {
  const first = totals.indexOf(0);
  return first === -1 ? totals.length : first;
}

/** As in the reference, what is added stays in the counts. */
function addToLongerOrders(counts: number[], totals: number[], k: number): void {
  for (let order = 1; order < counts.length; order++) {
    counts[order]! += k;
    totals[order]! += k;
  }
}

function smoothedPrecisions(
  counts: readonly number[],
  totals: readonly number[],
  { smoothing, smoothingValue }: Settings,
): number[] {
  const orders = ordersWithNgrams(totals);
  let halving = 1;
  return counts.map((count, i) => {
    if (i >= orders) return 0;
    if (count > 0) return (100 * count) / totals[i]!;
    if (smoothing === "floor") return (100 * smoothingValue!) / totals[i]!;
    if (smoothing !== "exp") return 0;
    halving *= 2;
    return 100 / (halving * totals[i]!);
  });
}

function signatureOf(references: readonly (readonly string[])[], settings: Settings): string {
  const { smoothing, smoothingValue } = settings;
  const value = smoothingValue === undefined ? "" : `[${smoothingValue.toFixed(2)}]`;
  return [
    `nrefs:${referenceCount(references)}`,
    `case:${settings.lowercase ? "lc" : "mixed"}`,
    `eff:${settings.effectiveOrder ? "yes" : "no"}`,
    `tok:${settings.tokenizer}`,
    `smooth:${smoothing}${value}`,
  ].join("|");
}
