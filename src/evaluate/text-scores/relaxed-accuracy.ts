import { checkReferences } from "./_check-segments.ts";
import { parsePythonFloat } from "./_python-float.ts";
import { asciiPunctuation, isSpace, strip } from "./python-text.ts";

/** How far a number may be from the right one, relative to it; Masry et al. 2022, section 5.1. */
const tolerance = 0.05;

/**
 * Whether an answer about a chart is right, as Pix2Struct and its followers decide: a number within
 * 5 % of the right one, else the same text but for case. A `%` divides by 100; a right answer of 0
 * is compared as text.
 *
 * @see Masry et al. 2022, "ChartQA", arXiv 2203.10244; Lee et al. 2023, "Pix2Struct"
 */
export function isRelaxedMatch(prediction: string, answer: string): boolean {
  const [own, right] = [numberOrShare(prediction), numberOrShare(answer)];
  if (own === undefined || right === undefined || right === 0)
    return isSameText(prediction, answer);
  return Math.abs(own - right) / Math.abs(right) <= tolerance;
}

function numberOrShare(text: string): number | undefined {
  if (!text.endsWith("%")) return parsePythonFloat(text);
  const number = parsePythonFloat(withoutPercent(text));
  return number === undefined ? undefined : number / 100;
}

function withoutPercent(text: string): string {
  return text.replace(/(?<!%)%+$/, "");
}

function isSameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Whether an answer about a chart is one of the right ones, as lm-evaluation-harness decides: `$` and
 * commas in a text with digits and marks at its end do not count, a percentage may be meant either
 * way, and for a right answer of one letter only the first letter counts. Marks at the end of another
 * answer do not count, but those of the right one do: `%` never matches `%`.
 *
 * @throws {DataError} without a right answer
 * @see Masry et al. 2022, "ChartQA", arXiv 2203.10244
 */
export function isRelaxedMatchToAny(prediction: string, answers: readonly string[]): boolean {
  checkReferences("isRelaxedMatchToAny", answers);
  const own = readAnswer(prediction);
  return answers.some((answer) => matches(own, readAnswer(answer)));
}

interface ReadAnswer {
  readonly text: string;
  readonly number: number | undefined;
  readonly isPercent: boolean;
}

function readAnswer(answer: string): ReadAnswer {
  const text = plainText(answer);
  const stripped = strip(text);
  return {
    text,
    number: parsePythonFloat(withoutPercent(stripped)),
    isPercent: stripped.endsWith("%"),
  };
}

// What Python's str.isdigit accepts: decimal digits, and signs such as superscripts and circled digits.
const digit =
  /[\p{Nd}\xb2\xb3\xb9\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}]/u;

function plainText(text: string): string {
  if (digit.test(text)) {
    const isEnd = (character: string) => character !== "%" && isMarkOrSpace(character);
    return withoutEnd(text, isEnd).replace(/[,$]/g, "");
  }
  const quote = text[0];
  const isQuoted = (quote === '"' || quote === "'") && text.endsWith(quote);
  return isQuoted ? text.slice(1, -1) : text;
}

function isMarkOrSpace(character: string): boolean {
  return asciiPunctuation.has(character) || isSpace(character);
}

function withoutEnd(text: string, isEnd: (character: string) => boolean): string {
  let end = text.length;
  while (end > 0 && isEnd(text[end - 1]!)) end--;
  return text.slice(0, end);
}

function matches(own: ReadAnswer, right: ReadAnswer): boolean {
  if (own.number !== undefined && right.number !== undefined) {
    return numbersMatch({ ...own, number: own.number }, { ...right, number: right.number });
  }
  if (/^\p{L}$/u.test(right.text) && own.text !== "") {
    return isSameText([...own.text][0]!, right.text);
  }
  const unmarked = withoutEnd(own.text, (character) => asciiPunctuation.has(character));
  return isSameText(unmarked, right.text);
}

type ReadNumber = ReadAnswer & { readonly number: number };

/** As said; then, if one is a percentage, with one of the two divided by 100. */
function numbersMatch(own: ReadNumber, right: ReadNumber): boolean {
  if (isClose(own.number, right.number)) return true;
  if (own.isPercent && isClose(own.number / 100, right.number)) return true;
  return right.isPercent && isClose(own.number, right.number / 100);
}

/** Relative to 1e-10 where the right number is 0. */
function isClose(own: number, right: number): boolean {
  return Math.abs(own - right) / Math.max(Math.abs(right), 1e-10) <= tolerance;
}
