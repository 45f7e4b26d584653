const mostSweeps = 60;

/**
 * The eigenvalues of a small symmetric matrix, ascending, by Jacobi's rotations.
 *
 * @see Golub, Van Loan 2013, Matrix Computations, section 8.5
 */
export function eigenvalues(matrix: readonly (readonly number[])[]): readonly number[] {
  const rows = matrix.map((row) => [...row]);
  const n = rows.length;
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let isDiagonal = true;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const scale = Math.sqrt(Math.abs(rows[i]![i]! * rows[j]![j]!));
        if (Math.abs(rows[i]![j]!) <= 1e-15 * scale) continue;
        isDiagonal = false;
        rotate(rows, i, j);
      }
    }
    if (isDiagonal) break;
  }
  return rows.map((row, i) => row[i]!).sort((a, b) => a - b);
}

/** Turns the plane of two axes so that their off-diagonal entry vanishes. */
function rotate(rows: number[][], i: number, j: number): void {
  const angle = Math.atan2(2 * rows[i]![j]!, rows[j]![j]! - rows[i]![i]!) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (const row of rows) {
    [row[i], row[j]] = [cos * row[i]! - sin * row[j]!, sin * row[i]! + cos * row[j]!];
  }
  const [first, second] = [rows[i]!, rows[j]!];
  rows[i] = first.map((value, k) => cos * value - sin * second[k]!);
  rows[j] = first.map((value, k) => sin * value + cos * second[k]!);
}
