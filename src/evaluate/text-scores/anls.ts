import { checkReferences } from "./_check-segments.ts";
import { collapseSpaces } from "./python-text.ts";

/**
 * Average normalized Levenshtein similarity of one answer: 1 less the edits by the length of the
 * longer text, for the right answer it is highest for. Case and white space do not count.
 *
 * @param threshold - from this share of edits on, an answer is worth nothing
 * @returns in [0, 1]
 * @throws {DataError} without a right answer
 * @see Biten et al. 2019, "Scene Text Visual Question Answering", arXiv 1905.13648
 */
export function anls(prediction: string, answers: readonly string[], threshold = 0.5): number {
  checkReferences("anls", answers);
  const own = collapseSpaces(prediction.toLowerCase());
  const similarities = answers.map((answer) => {
    const edits = editShare(own, collapseSpaces(answer.toLowerCase()));
    return edits < threshold ? 1 - edits : 0;
  });
  return Math.max(...similarities);
}

/** The reference measures lengths in upper case, where `ß` has two letters. */
function editShare(a: string, b: string): number {
  const length = Math.max([...a.toUpperCase()].length, [...b.toUpperCase()].length);
  return length === 0 ? 0 : levenshtein([...a], [...b]) / length;
}

function levenshtein(a: readonly string[], b: readonly string[]): number {
  const row = Int32Array.from({ length: b.length + 1 }, (_, j) => j);
  a.forEach((character, i) => {
    let diagonal = i;
    row[0] = i + 1;
    for (let j = 1; j <= b.length; j++) {
      const replaced = diagonal + (character === b[j - 1] ? 0 : 1);
      diagonal = row[j]!;
      row[j] = Math.min(replaced, diagonal + 1, row[j - 1]! + 1);
    }
  });
  return row[b.length]!;
}
