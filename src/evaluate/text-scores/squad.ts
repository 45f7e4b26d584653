import { checkReferences } from "./_check-segments.ts";
import { commonCount, countWordNgrams } from "./_ngram-counts.ts";
import { article, collapseSpaces, removePunctuation } from "./python-text.ts";

/** Whether an answer is a right one word for word, and how far its words are those of one. */
export interface AnswerScore {
  /** 1 or 0. */
  readonly exactMatch: number;
  /** In [0, 1]. */
  readonly f1: number;
}

/** An answer as SQuAD compares it: lower case, no ASCII punctuation, no article, single blanks. */
export function normalizeAnswer(answer: string): string {
  return collapseSpaces(removePunctuation(answer.toLowerCase()).replace(article, " "));
}

/**
 * Exact match and F1 of an answer, each for the right answer it is highest for.
 *
 * @param answers - right answers in any order; for version 2, `""` says that there is none
 * @param version - 1 gives F1 0 to two texts of which nothing is left, 2 gives 1
 * @throws {DataError} without a right answer
 * @see Rajpurkar et al. 2016, arXiv 1606.05250; version 2: 2018, arXiv 1806.03822
 */
export function squadScore(
  prediction: string,
  answers: readonly string[],
  version: 1 | 2,
): AnswerScore {
  checkReferences("squadScore", answers);
  const own = normalizeAnswer(prediction);
  const normalized = answers.map(normalizeAnswer);
  return {
    exactMatch: normalized.includes(own) ? 1 : 0,
    f1: Math.max(...normalized.map((answer) => wordF1(own, answer, version))),
  };
}

function wordF1(prediction: string, answer: string, version: 1 | 2): number {
  if (prediction === "" || answer === "") return version === 2 && prediction === answer ? 1 : 0;
  const [own, theirs] = [prediction.split(" "), answer.split(" ")];
  const common = commonCount(countWordNgrams(own, 1), countWordNgrams(theirs, 1));
  if (common === 0) return 0;
  const [precision, recall] = [common / own.length, common / theirs.length];
  return (2 * precision * recall) / (precision + recall);
}
