import { checkReferences } from "./_check-segments.ts";
import { longestCommonSubsequence, subsequencePositions } from "./_common-subsequence.ts";
import { commonCount, countWordNgrams, totalCount } from "./_ngram-counts.ts";
import { porterStem } from "./porter-stem.ts";

/** What is compared: runs of 1 to 9 words, the longest common subsequence, or that line by line. */
export type RougeType = `rouge${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | "L" | "Lsum"}`;

/** How ROUGE is computed. */
export interface RougeOptions<Type extends RougeType = RougeType> {
  /** What is computed. */
  readonly types: readonly Type[];
  /** Whether words longer than three letters are stemmed; not by default. */
  readonly stem?: boolean | undefined;
}

/** Overlap of a text with a reference, each in [0, 1]. */
export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/**
 * ROUGE of a text, as Google's rouge_score computes it. Words are runs of a to z and 0 to 9: texts in
 * other scripts score 0.
 *
 * @param reference - for `rougeLsum`, one sentence by line
 * @returns by type
 * @see Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries"
 */
export function rouge<Type extends RougeType>(
  text: string,
  reference: string,
  { types, stem = false }: RougeOptions<Type>,
): Readonly<Record<Type, RougeScore>> {
  const entries = types.map((type) => [type, scoreOf(type, text, reference, stem)] as const);
  return Object.fromEntries(entries) as Record<Type, RougeScore>;
}

/**
 * ROUGE of a text against several references: for each type the score of the reference with the
 * highest F1, the first of several.
 *
 * @throws {DataError} without a reference
 */
export function rougeOfBest<Type extends RougeType>(
  text: string,
  references: readonly string[],
  options: RougeOptions<Type>,
): Readonly<Record<Type, RougeScore>> {
  checkReferences("rougeOfBest", references);
  const all = references.map((reference) => rouge(text, reference, options));
  const best = options.types.map((type) => {
    const scores = all.map((one) => one[type]);
    return [type, scores.reduce((most, score) => (score.f1 > most.f1 ? score : most))] as const;
  });
  return Object.fromEntries(best) as Record<Type, RougeScore>;
}

function scoreOf(type: RougeType, text: string, reference: string, stem: boolean): RougeScore {
  if (type === "rougeLsum") return lineByLine(linesOf(text, stem), linesOf(reference, stem));
  const [own, theirs] = [wordsOf(text, stem), wordsOf(reference, stem)];
  if (type === "rougeL") {
    return ratios(longestCommonSubsequence(theirs, own), own.length, theirs.length);
  }
  const n = Number(type.slice("rouge".length));
  const [counts, expected] = [countWordNgrams(own, n), countWordNgrams(theirs, n)];
  return ratios(commonCount(expected, counts), totalCount(counts), totalCount(expected));
}

function wordsOf(text: string, stem: boolean): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return stem ? words.map((word) => (word.length > 3 ? porterStem(word) : word)) : words;
}

function linesOf(text: string, stem: boolean): string[][] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => wordsOf(line, stem));
}

/**
 * For each line of the reference the union of what it has in common with the lines of the text; a word
 * counts at most as often as both have it.
 */
function lineByLine(lines: readonly string[][], references: readonly string[][]): RougeScore {
  const own = countWordNgrams(lines.flat(), 1);
  const theirs = countWordNgrams(references.flat(), 1);
  const [ownTotal, theirTotal] = [totalCount(own), totalCount(theirs)];
  let hits = 0;
  for (const reference of references) {
    const found = new Set(lines.flatMap((line) => subsequencePositions(reference, line)));
    for (const position of found) {
      const word = reference[position]!;
      const left = Math.min(own.get(word) ?? 0, theirs.get(word)!);
      if (left === 0) continue;
      hits++;
      own.set(word, own.get(word)! - 1);
      theirs.set(word, theirs.get(word)! - 1);
    }
  }
  return ratios(hits, ownTotal, theirTotal);
}

function ratios(common: number, own: number, theirs: number): RougeScore {
  const precision = common / Math.max(1, own);
  const recall = common / Math.max(1, theirs);
  const sum = precision + recall;
  return { precision, recall, f1: sum > 0 ? (2 * precision * recall) / sum : 0 };
}
