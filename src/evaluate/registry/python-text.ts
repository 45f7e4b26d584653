/** The 32 ASCII punctuation characters. */
const punctuation = /[!-/:-@[-`{-~]/g;

/** White space as Python strips and splits it: with U+001C to U+001F and U+0085, without U+FEFF. */
const space =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const spaces = new RegExp(`${space}+`, "g");
const outerSpace = new RegExp(`^${space}+|${space}+$`, "g");
const leadingSpace = new RegExp(`^${space}+`);

/** A text without white space at its ends. */
export function stripped(text: string): string {
  return text.replace(outerSpace, "");
}

/** A text without white space at its beginning. */
export function leftStripped(text: string): string {
  return text.replace(leadingSpace, "");
}

/** The words between white space. */
export function splitWords(text: string): string[] {
  return stripped(text).split(spaces).filter(Boolean);
}

/** A text without ASCII punctuation; full-width marks stay. */
export function withoutPunctuation(text: string): string {
  return text.replace(punctuation, "");
}

/** Articles as whole words; letters and digits of any script belong to words. */
const article = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** A text in lower case without punctuation, articles and superfluous white space. */
export function normalised(text: string): string {
  return splitWords(withoutPunctuation(text.toLowerCase()).replace(article, " ")).join(" ");
}

/** Whether one normalised text lies in the other; an empty one equals only another. */
export function fuzzyMatches(a: string, b: string): boolean {
  const [left, right] = [normalised(a), normalised(b)];
  if (left === "" || right === "") return left === right;
  return left.includes(right) || right.includes(left);
}

/** The largest F1 of common normalised words with any of some answers. */
export function wordF1(text: string, answers: readonly string[]): number {
  return Math.max(...answers.map((answer) => f1(splitWords(normalised(text)), answer)));
}

function f1(words: readonly string[], answer: string): number {
  const wanted = splitWords(normalised(answer));
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of words) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++;
    left.set(word, count - 1);
  }
  if (common === 0) return 0;
  const [precision, recall] = [common / words.length, common / wanted.length];
  return (2 * precision * recall) / (precision + recall);
}
