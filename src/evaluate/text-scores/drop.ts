import { bestAssignment } from "./_best-assignment.ts";
import { checkReferences } from "./_check-segments.ts";
import { formatPythonFloat, parsePythonFloat } from "./_python-float.ts";
import { article, collapseSpaces, removePunctuation, splitWords, strip } from "./python-text.ts";
import type { AnswerScore } from "./squad.ts";

/**
 * A span as DROP compares it: word by word lower case, numbers in one form, no ASCII punctuation, no
 * article. Words end at blanks and hyphens, so -5 is 5.
 */
export function normalizeSpan(span: string): string {
  return span.split(/[ -]/).map(normalizeWord).filter(Boolean).join(" ");
}

function normalizeWord(word: string): string {
  const lower = word.toLowerCase();
  const bare = isNumber(lower) ? lower : removePunctuation(lower);
  const number = parsePythonFloat(bare);
  const said = number === undefined ? bare : formatPythonFloat(number);
  return collapseSpaces(said.replace(article, " "));
}

function isNumber(word: string): boolean {
  return parsePythonFloat(word) !== undefined;
}

/**
 * Exact match and F1 of the spans of an answer against those of one right answer. Spans are paired
 * one to one so that their F1 is greatest; one with a number needs a number in common.
 *
 * @returns F1 is rounded to two decimals, as in the official script
 * @throws {DataError} without a predicted or a right span
 * @see Dua et al. 2019, "DROP: A Reading Comprehension Benchmark", arXiv 1903.00161
 */
export function dropSpansScore(predicted: readonly string[], gold: readonly string[]): AnswerScore {
  checkReferences("dropSpansScore, predicted spans", predicted);
  checkReferences("dropSpansScore, right spans", gold);
  const [own, theirs] = [predicted.map(normalizeSpan), gold.map(normalizeSpan)];
  const [ownWords, theirWords] = [own.map(wordSet), theirs.map(wordSet)];
  const gains = theirWords.map((right) => ownWords.map((words) => spanF1(words, right)));
  let sum = 0;
  bestAssignment(gains).forEach((column, row) => {
    if (column !== -1) sum += gains[row]![column]!;
  });
  const isSame = own.length === theirs.length && haveSameMembers(new Set(own), new Set(theirs));
  const f1 = sum / Math.max(own.length, theirs.length);
  return { exactMatch: isSame ? 1 : 0, f1: roundHalfToEven(100 * f1) / 100 };
}

/**
 * Exact match and F1 of an answer, each for the right answer it is highest for. A right answer whose
 * first span is blank counts as none.
 *
 * @param answers - right answers in any order, each a list of spans
 * @throws {DataError} without a right answer, or where one or the prediction has no span
 * @see `dropSpansScore`
 */
export function dropScore(
  predicted: readonly string[],
  answers: readonly (readonly string[])[],
): AnswerScore {
  checkReferences("dropScore", answers);
  const scores = answers
    .map((gold) => ({ gold, ...dropSpansScore(predicted, gold) }))
    .filter(({ gold }) => strip(gold[0]!) !== "");
  return {
    exactMatch: Math.max(0, ...scores.map(({ exactMatch }) => exactMatch)),
    f1: Math.max(0, ...scores.map(({ f1 }) => f1)),
  };
}

function wordSet(span: string): ReadonlySet<string> {
  return new Set(splitWords(span));
}

function spanF1(predicted: ReadonlySet<string>, gold: ReadonlySet<string>): number {
  const numbers = [...gold].filter(isNumber);
  if (numbers.length > 0 && !numbers.some((number) => predicted.has(number))) return 0;
  const common = [...gold].filter((word) => predicted.has(word)).length;
  const precision = predicted.size === 0 ? 1 : common / predicted.size;
  const recall = gold.size === 0 ? 1 : common / gold.size;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

function haveSameMembers(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((member) => b.has(member));
}

/** As NumPy rounds: 12.5 to 12. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
