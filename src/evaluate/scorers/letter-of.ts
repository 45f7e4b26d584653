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

/** The letter of a choice, such as of `B`, `(b)`, `B.` and `the answer is B`; undefined without one. */
export function letterOf(text: string): string | undefined {
  const plain = text.normalize("NFKC").replace(/’/g, "'");
  for (const [i, sign] of letterSigns.entries()) {
    const found = [...plain.matchAll(sign)];
    const letter = (i === 0 ? found.at(-1) : found[0])?.[1];
    if (letter !== undefined) return letter.toUpperCase();
  }
  return undefined;
}

/** The letter of the choice at a place from 0: `A` first. */
export function letterAt(place: number): string {
  return String.fromCharCode("A".charCodeAt(0) + place);
}
