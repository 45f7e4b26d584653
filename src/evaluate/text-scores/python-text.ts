/*
 * Python's notions of a text, where they differ from JavaScript's: the official implementations of
 * the scores are written in Python, and their numbers depend on them.
 */

// What Python's str.split and regular expressions call white space: unlike `\s` it has U+001C to
// U+001F and U+0085, and does not have U+FEFF.
const space =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const spaces = new RegExp(`[${space}]+`, "u");
const leadingSpaces = new RegExp(`^[${space}]+`, "u");
const oneSpace = new RegExp(`^[${space}]$`, "u");

/** The 32 ASCII characters that Python's `string.punctuation` has. */
export const asciiPunctuation: ReadonlySet<string> = new Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

/** A whole English article; the edges are Unicode's, where `\b` knows ASCII letters only. */
export const article = /(?<![\p{L}\p{N}_])(?:an?|the)(?![\p{L}\p{N}_])/gu;

/** The words between runs of white space. */
export function splitWords(text: string): string[] {
  return text.split(spaces).filter((word) => word !== "");
}

/** A text with each run of white space made one blank and none at its ends. */
export function collapseSpaces(text: string): string {
  return splitWords(text).join(" ");
}

/** Whether a character is white space. */
export function isSpace(character: string): boolean {
  return oneSpace.test(character);
}

/** A text without the white space at its end. */
export function stripEnd(text: string): string {
  // A regular expression that ends in `$` would look for it from each space of the text.
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** A text without the white space at its beginning. */
export function stripStart(text: string): string {
  return text.replace(leadingSpaces, "");
}

/** A text without the white space at its ends. */
export function strip(text: string): string {
  return stripStart(stripEnd(text));
}

/** A text without its ASCII punctuation. */
export function removePunctuation(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, "");
}
