import { ConfigError } from "../errors.ts";
import type { ScoreKind } from "./eval-task.ts";
import { isAlikeJson, notJson, parseExactJson } from "./registry/json-match.ts";
import { squadScore } from "./text-scores/squad.ts";

/** What a scorer made of an answer. */
export interface AnswerScore {
  /** From 0 to 1. */
  readonly value: number;
  /** What was read out of the text. */
  readonly answer: string;
  readonly explanation?: string;
}

/** Compares a text with right answers. */
export type AnswerScorer = (text: string, ideals: readonly string[]) => AnswerScore;

/**
 * A text as it is compared: compatibility forms composed (full-width letters and Arabic digits
 * become the usual ones), lower case, without marks at its ends, white space as single spaces.
 */
export function comparable(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/\p{Nd}/gu, decimalDigit)
    .toLowerCase()
    .replace(/\s+/gu, " ")
    .replace(/^[\p{P}\p{S}\s]+|[\p{P}\s]+$/gu, "");
}

/** A decimal digit of any script as one of 0 to 9: digits stand in rows of ten. */
function decimalDigit(digit: string): string {
  const code = digit.codePointAt(0)!;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((code - zero) % 10);
}

function compared(isRight: (text: string, ideal: string) => boolean): AnswerScorer {
  return (text, ideals) => {
    const answer = comparable(text);
    const found = ideals.some((ideal) => isRight(answer, comparable(ideal)));
    return { value: found ? 1 : 0, answer };
  };
}

const number = /[-+\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?/gu;

/** The last number of a text; undefined when it has none. */
export function lastNumber(text: string): number | undefined {
  const plain = text.normalize("NFKC").replace(/\p{Nd}/gu, decimalDigit);
  const last = plain.match(number)?.at(-1);
  return last === undefined ? undefined : Number(last.replace(/,/g, "").replace("\u2212", "-"));
}

/** Numbers that differ by less than this share are the same. */
const tolerance = 1e-6;

function numeric(text: string, ideals: readonly string[]): AnswerScore {
  const found = lastNumber(text);
  if (found === undefined) return { value: 0, answer: "", explanation: "no number" };
  const isRight = ideals.some((ideal) => {
    const wanted = lastNumber(ideal);
    return (
      wanted !== undefined && Math.abs(found - wanted) <= tolerance * Math.max(1, Math.abs(wanted))
    );
  });
  return { value: isRight ? 1 : 0, answer: String(found) };
}

/** Where a letter stands for a choice, the surest sign first; of announcements the last one holds. */
const letterSigns = [
  /(?:answer|choice|option|答案)\W{0,5}(?:is\W{0,3})?([A-Za-z])(?![\p{L}\p{N}])/giu,
  /[([]([A-Za-z])[)\]]/gu,
  // alone on its line, or before a mark
  /^\W*([A-Za-z])\W*$/gmu,
  /(?<![\p{L}\p{N}'])([A-Za-z])(?=[.):,])/gu,
  // not the words "I" and "a" of a sentence
  /(?<![\p{L}\p{N}'])([B-HJ-Z]|[AI](?! \p{Ll}))(?![\p{L}\p{N}'])/gu,
];

/** The letter of a choice, such as of `B`, `(b)`, `B.` and `the answer is B`. */
function letterOf(text: string): string | undefined {
  const plain = text.normalize("NFKC").replace(/’/g, "'");
  for (const [i, sign] of letterSigns.entries()) {
    const found = [...plain.matchAll(sign)];
    const letter = (i === 0 ? found.at(-1) : found[0])?.[1];
    if (letter !== undefined) return letter.toUpperCase();
  }
  return undefined;
}

function choice(text: string, ideals: readonly string[]): AnswerScore {
  const letter = letterOf(text);
  if (letter === undefined) return { value: 0, answer: "", explanation: "no letter" };
  const isRight = ideals.some((ideal) => letterOf(ideal) === letter);
  return { value: isRight ? 1 : 0, answer: letter };
}

function pattern(text: string, ideals: readonly string[]): AnswerScore {
  for (const ideal of ideals) {
    const found = expression(ideal).exec(text);
    if (found !== null) return { value: 1, answer: found[0] };
  }
  return { value: 0, answer: "" };
}

function expression(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (error) {
    throw new ConfigError(`--scorer regex: ${source}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The outermost JSON of a text, also from a fenced block. */
function jsonPart(text: string): string {
  const fenced = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1] ?? text;
  const start = fenced.search(/[{[]/);
  const end = Math.max(fenced.lastIndexOf("}"), fenced.lastIndexOf("]"));
  return start >= 0 && end > start ? fenced.slice(start, end + 1) : fenced.trim();
}

function json(text: string, ideals: readonly string[]): AnswerScore {
  const part = jsonPart(text);
  const value = parseExactJson(part);
  if (value === notJson) return { value: 0, answer: part, explanation: "no JSON" };
  const isRight = ideals.some((ideal) => {
    const wanted = parseExactJson(ideal);
    return wanted !== notJson && isAlikeJson(value, wanted);
  });
  return { value: isRight ? 1 : 0, answer: part };
}

/** The scorers of answers, by name. */
export const answerScorers = {
  /** The same text, whatever its case, outer marks and script of digits. */
  exact: compared((text, ideal) => text === ideal),
  /** A right answer stands in the text. */
  includes: compared((text, ideal) => text.includes(ideal)),
  /** The last number is a right one. */
  numeric,
  /** The letter of a choice. */
  choice,
  /** A right answer is a pattern that is found in the text. */
  regex: pattern,
  /** JSON like a right one. */
  json,
  /** F1 of the words in common. */
  f1: (text, ideals) => ({ value: squadScore(text, ideals, 1).f1, answer: text }),
} as const satisfies Readonly<Record<string, AnswerScorer>>;

/** Name of a scorer. */
export type ScorerName = keyof typeof answerScorers;

const binaryScorers: ReadonlySet<ScorerName> = new Set<ScorerName>([
  ...(["exact", "includes", "numeric", "choice", "regex", "json"] as const),
]);

/** Whether a scorer says right or wrong, or how much of an answer is right. */
export function scorerKind(name: ScorerName): ScoreKind {
  return binaryScorers.has(name) ? "binary" : "share";
}
