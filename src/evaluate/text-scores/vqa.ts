import { checkReferences } from "./_check-segments.ts";
import { contractions } from "./_contractions.ts";
import { splitWords, strip } from "./python-text.ts";

/** The accuracy of an answer to a question on an image, with the texts that were compared. */
export interface VqaScore {
  /** In [0, 1]. */
  readonly accuracy: number;
  readonly prediction: string;
  readonly answers: readonly string[];
}

const numberWords: ReadonlyMap<string, string> = new Map(
  "zero one two three four five six seven eight nine ten"
    .split(" ")
    .map((word, number) => [word, String(number)] as const)
    .concat([["none", "0"]]),
);

/**
 * The VQA accuracy of an answer: for each annotator, how many of the others gave it, of three at most;
 * the mean over annotators. Where all annotators say the same, nothing is normalized, not even the
 * answer: `Yes` is wrong against ten times `yes`.
 *
 * @param answers - one by annotator, ten in VQA
 * @throws {DataError} without an annotator
 * @see Antol et al. 2015, arXiv 1505.00468; Goyal et al. 2017, arXiv 1612.00837
 */
export function vqaAccuracy(prediction: string, answers: readonly string[]): VqaScore {
  checkReferences("vqaAccuracy", answers);
  const [own, ...theirs] = [prediction, ...answers].map(oneLine) as [string, ...string[]];
  const isUnanimous = new Set(theirs).size === 1;
  const normalized = isUnanimous ? own : normalizeVqaAnswer(own);
  const others = isUnanimous ? theirs : theirs.map(normalizeVqaAnswer);
  const matching = others.filter((answer) => answer === normalized).length;
  const shares = others.map((answer) => {
    const byOthers = answer === normalized ? matching - 1 : matching;
    return Math.min(1, byOthers / 3);
  });
  const accuracy = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return { accuracy, prediction: normalized, answers: others };
}

function oneLine(text: string): string {
  return strip(text.replace(/[\n\t]/g, " "));
}

function normalizeVqaAnswer(answer: string): string {
  return normalizeVqaWords(normalizeVqaPunctuation(answer));
}

/**
 * The first half of VQA's normalization. A mark goes without a trace if a blank is beside it anywhere, or
 * if the text has a comma between digits; else a blank takes its place. Of the periods that no digit
 * follows, the first 32 go.
 */
export function normalizeVqaPunctuation(text: string): string {
  const hasGroupedDigits = /\p{Nd},\p{Nd}/u.test(text);
  let processed = text;
  for (const mark of ';/[]"{}()=+\\_-><@`,?!') {
    const isLoose = text.includes(`${mark} `) || text.includes(` ${mark}`);
    processed = processed.replaceAll(mark, hasGroupedDigits || isLoose ? "" : " ");
  }
  // The official code passes the value of a flag, 32, as the greatest number of replacements.
  let left = 32;
  return processed.replace(/\.(?!\p{Nd})/gu, (period) => (left-- > 0 ? "" : period));
}

/** The second half: lower case, number words as digits, no article, apostrophes put back. */
export function normalizeVqaWords(text: string): string {
  return splitWords(text.toLowerCase())
    .map((word) => numberWords.get(word) ?? word)
    .filter((word) => !["a", "an", "the"].includes(word))
    .map((word) => contractions.get(word) ?? word)
    .join(" ");
}
