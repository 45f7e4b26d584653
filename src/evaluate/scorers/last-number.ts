import { plainSpelling } from "./comparable.ts";

/** A number as it stands in a text. */
export interface FoundNumber {
  /** In plain spelling. */
  readonly text: string;
  /** Undefined when it may mean several numbers, as 3,14 and 1.234.567 do, or is a term, as 1/2. */
  readonly value: number | undefined;
}

/** Blanks without a break and apostrophes that part thousands. */
const thousandsGap = /(?<=\p{Nd})[\u00a0\u2009\u202f'\u2019](?=\p{Nd}{3}(?!\p{Nd}))/gu;

/** Digits and what may stand between the digits of one number, date, ratio or term. */
const token =
  /(?:(?<![\p{L}\p{N}])[-+])?(?:\d|\.(?=\d))(?:(?:[\d.,:/\u2044]|\^[-+]?)*\d)?(?:[eE][-+]?\d+(?![\p{L}\p{N}]))?/gu;

/** Commas stand between thousands, as in English, or as in India; a point before decimals. */
const plainNumber =
  /^[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?$/u;

/**
 * The last number of a text; undefined when it has none. Arabic's own decimal and thousands signs are
 * known; a decimal comma is not guessed at.
 */
export function lastNumber(text: string): FoundNumber | undefined {
  const plain = plainSpelling(text.replace(thousandsGap, ""))
    .replace(/\u066b/gu, ".")
    .replace(/\u066c/gu, ",");
  const last = plain.match(token)?.at(-1);
  if (last === undefined) return undefined;
  const value = plainNumber.test(last) ? Number(last.replace(/,/g, "")) : undefined;
  return { text: last, value };
}
