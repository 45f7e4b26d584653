/** The length of the longest common subsequence of two lists of words. */
export function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const row = new Int32Array(b.length + 1);
  for (const word of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j]!;
      row[j] = word === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]!);
      diagonal = above;
    }
  }
  return row.at(-1)!;
}

/**
 * Which words of `a` are in one longest common subsequence with `b`: read from the end, and where
 * neither word fits, a word of `b` is left out only if that keeps more.
 *
 * @returns positions in `a`, descending
 */
export function subsequencePositions(a: readonly string[], b: readonly string[]): number[] {
  const width = b.length + 1;
  const lengths = table(a, b);
  const positions: number[] = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      positions.push(--i);
      j--;
    } else if (lengths[i * width + j - 1]! > lengths[(i - 1) * width + j]!) j--;
    else i--;
  }
  return positions;
}

/** [a.length + 1, b.length + 1]: lengths for all pairs of beginnings. */
function table(a: readonly string[], b: readonly string[]): Int32Array {
  const width = b.length + 1;
  const lengths = new Int32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const at = i * width + j;
      lengths[at] =
        a[i - 1] === b[j - 1]
          ? lengths[at - width - 1]! + 1
          : Math.max(lengths[at - width]!, lengths[at - 1]!);
    }
  }
  return lengths;
}
