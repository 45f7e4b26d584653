import { decimalDigit } from "../text-scores/decimal-digit.ts";

const superscripts = /[\u2070\u00b9\u00b2\u00b3\u2074-\u2079\u207a\u207b]+/gu;
const vulgarFraction = /(?<=\p{Nd})(?=[\u00bc-\u00be\u2150-\u215e\u2189])/gu;

/**
 * What a text can be written with or without: the tatweel and the vowel signs of Arabic, points and
 * accents of Hebrew, soft hyphens, and marks without a width that only steer the direction of lines.
 */
const optionalMarks = new RegExp(
  [
    "[\\u0640\\u064b-\\u0652\\u0656-\\u065f\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7\\u06e8\\u06ea-\\u06ed",
    "\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7",
    "\\u00ad\\u200b\\u200e\\u200f\\u061c\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff]",
  ].join(""),
  "gu",
);

/**
 * A text in its plain spelling: compatibility forms composed (full-width letters and marks become the
 * usual ones), decimal digits of every script as 0 to 9, the minus sign as a hyphen, raised digits
 * behind `^`, without the signs that a language writes or leaves out. Numerals that are words, such as
 * 三, stay words.
 */
export function plainSpelling(text: string): string {
  return text
    .replace(superscripts, "^$&") // 10² is not 102
    .replace(vulgarFraction, " ") // 3½ is not 31/2
    .normalize("NFKC")
    .replace(optionalMarks, "")
    .replace(/\p{Nd}/gu, decimalDigit)
    .replace(/\u2212/gu, "-");
}

/** Signs before a text that are not the sign or the point of a number. */
const leadingSigns = /^(?:(?!-?\.?\d)[\p{P}\p{S}\s])+/u;
/** Marks behind a text, but for the one of C#. */
const trailingMarks = /(?:(?!#)[\p{P}\s])+$/u;

/**
 * A text as it is compared: in plain spelling and lower case, without marks at its ends, white space
 * as single spaces. A text of nothing but marks keeps them.
 */
export function comparable(text: string): string {
  const whole = plainSpelling(text).toLowerCase().replace(/\s+/gu, " ").trim();
  const bare = whole.replace(leadingSigns, "").replace(trailingMarks, "");
  return bare === "" ? whole : bare;
}
