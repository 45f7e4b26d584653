/** Words of a shingle of a text. */
export const shingleWords = 5;

// What Python's str.split calls whitespace, which is not what `\s` means here.
const whitespace =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: U+001C to U+001F are among it
  /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;

const word = /[\p{L}\p{M}\p{N}_]+/gu;

/**
 * A text as duplicates are compared: NFKC, lower case, every run of whitespace one blank, trimmed.
 *
 * @see Broder 1997, "On the resemblance and containment of documents"
 */
export function normaliseText(text: string): string {
  const folded = text.normalize("NFKC").toLowerCase().replace(whitespace, " ");
  return folded.slice(
    folded.startsWith(" ") ? 1 : 0,
    folded.endsWith(" ") ? Math.max(0, folded.length - 1) : folded.length,
  );
}

/** The words of a text: runs of letters, marks, numbers and `_` in the normalised text. */
export function wordsOf(text: string): readonly string[] {
  return normaliseText(text).match(word) ?? [];
}

/** The set of `n`-grams of some units; fewer than `n` units are one shingle, none are none. */
export function shingles(units: readonly string[], n: number): ReadonlySet<string> {
  if (units.length === 0) return new Set();
  if (units.length < n) return new Set([units.join(" ")]);
  const starts = units.length - n + 1;
  return new Set(Array.from({ length: starts }, (_, at) => units.slice(at, at + n).join(" ")));
}

/** The word `n`-grams of a text: what MinHash estimates the overlap of. */
export function wordShingles(text: string, n: number = shingleWords): ReadonlySet<string> {
  return shingles(wordsOf(text), n);
}

/** |A and B| / |A or B|, in [0, 1]; null when both sets are empty. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number | null {
  let intersection = 0;
  for (const shingle of a) if (b.has(shingle)) intersection++;
  const union = a.size + b.size - intersection;
  return union === 0 ? null : intersection / union;
}
