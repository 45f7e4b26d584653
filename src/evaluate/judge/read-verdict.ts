/**
 * What a judge decided, by the surest sign: a verdict that it announces, the last one of several; else
 * a line that is nothing but a verdict. Signs that contradict each other are none, and neither are
 * words within a sentence or in `<think>`.
 *
 * @param words - the possible verdicts, in upper case, of ASCII letters
 * @returns one of the words; undefined when the answer has no clear one
 */
export function readVerdict<Word extends string>(
  text: string,
  words: readonly Word[],
): Word | undefined {
  const said = text.normalize("NFKC").replace(/<think>[\s\S]*?(?:<\/think>|$)/g, "");
  const either = words.join("|");
  const announced = [
    ...said.matchAll(new RegExp(`verdict[^\\p{L}\\p{N}]{0,12}(${either})(?!\\p{L})`, "giu")),
  ];
  const last = announced.at(-1);
  if (last !== undefined) {
    // "VERDICT: YES or NO" is the question again
    const start = last.index + last[0].length - last[1]!.length;
    const line = said.slice(start).split("\n", 1)[0]!;
    return only(
      [...line.matchAll(wordsOf(either))].map(([word]) => word),
      words,
    );
  }
  const lines = said.matchAll(
    new RegExp(`^[^\\p{L}\\p{N}\\n]*(${either})[^\\p{L}\\p{N}\\n]*$`, "gimu"),
  );
  return only(
    [...lines].map(([, word]) => word!),
    words,
  );
}

function wordsOf(either: string): RegExp {
  return new RegExp(`(?<!\\p{L})(?:${either})(?!\\p{L})`, "giu");
}

/** The one word that all of these are. */
function only<Word extends string>(
  found: readonly string[],
  words: readonly Word[],
): Word | undefined {
  const different = new Set(found.map((word) => word.toUpperCase()));
  return different.size === 1 ? words.find((word) => different.has(word)) : undefined;
}
