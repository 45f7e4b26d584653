/** How often each n-gram of a text occurs. */
export type NgramCounts = Map<string, number>;

/** Counts the runs of `n` words; words contain no blank. */
export function countWordNgrams(words: readonly string[], n: number): NgramCounts {
  const counts: NgramCounts = new Map();
  for (let start = 0; start + n <= words.length; start++) {
    let ngram = words[start]!;
    for (let at = start + 1; at < start + n; at++) ngram += ` ${words[at]}`;
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

/**
 * Counts the runs of `n` characters.
 *
 * @param ends - where each code point of the text ends, in UTF-16 units, after a leading 0
 */
export function countCharacterNgrams(
  text: string,
  ends: readonly number[],
  n: number,
): NgramCounts {
  const counts: NgramCounts = new Map();
  for (let start = 0; start + n < ends.length; start++) {
    const ngram = text.slice(ends[start], ends[start + n]);
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

/** Where the code points of a text end, in UTF-16 units, after a leading 0. */
export function codePointEnds(text: string): number[] {
  const ends = [0];
  let end = 0;
  for (const character of text) {
    end += character.length;
    ends.push(end);
  }
  return ends;
}

/** How many n-grams there are, repeated ones included. */
export function totalCount(counts: NgramCounts): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}

/** How many n-grams two texts have in common, each as often as in the text that has it less often. */
export function commonCount(a: NgramCounts, b: NgramCounts): number {
  let common = 0;
  for (const [ngram, count] of a) common += Math.min(count, b.get(ngram) ?? 0);
  return common;
}
