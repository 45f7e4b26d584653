/**
 * Non-negative least squares in a few unknowns: the x >= 0 that minimizes |A x - b|^2, the best of
 * all sets of unknowns that are above zero.
 *
 * @param gram - A^T A, row-major
 * @param target - A^T b
 * @returns x; all zero when no set fits
 */
export function nonNegativeLeastSquares(
  gram: readonly (readonly number[])[],
  target: readonly number[],
): readonly number[] {
  const n = target.length;
  let best: readonly number[] = Array(n).fill(0);
  let most = 0; // of b^T b that x explains
  for (let set = 1; set < 2 ** n; set++) {
    const chosen = Array.from({ length: n }, (_, i) => i).filter((i) => (set >> i) & 1);
    const solved = solve(
      chosen.map((i) => chosen.map((j) => gram[i]![j]!)),
      chosen.map((i) => target[i]!),
    );
    if (solved === undefined || solved.some((value) => !(value > 0))) continue;
    const explained = chosen.reduce((sum, i, at) => sum + solved[at]! * target[i]!, 0);
    if (explained <= most) continue;
    most = explained;
    best = Array.from({ length: n }, (_, i) => solved[chosen.indexOf(i)] ?? 0);
  }
  return best;
}

/** Solves a small linear system by elimination with pivots; undefined when it is singular. */
export function solve(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let column = 0; column < n; column++) {
    const pivot = pivotOf(rows, column);
    const lead = rows[pivot]![column]!;
    if (!(Math.abs(lead) > 0)) return undefined;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let i = 0; i < n; i++) {
      if (i !== column) subtract(rows[i]!, rows[column]!, rows[i]![column]! / lead);
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}

/** The row, from the diagonal on, with the largest entry in a column. */
function pivotOf(rows: readonly (readonly number[])[], column: number): number {
  let pivot = column;
  for (let i = column + 1; i < rows.length; i++) {
    if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
  }
  return pivot;
}

function subtract(row: number[], other: readonly number[], factor: number): void {
  for (let j = 0; j < row.length; j++) row[j]! -= factor * other[j]!;
}
