import { expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { bestAssignment } from "./_best-assignment.ts";

/** The greatest total over all ways to give each row a column of its own; rows are not more. */
function greatestTotal(gains: readonly (readonly number[])[], row = 0, used = 0): number {
  if (row === gains.length) return 0;
  const totals = gains[row]!.map((gain, column) => {
    const isUsed = (used >> column) & 1;
    return isUsed ? 0 : gain + greatestTotal(gains, row + 1, used | (1 << column));
  });
  return Math.max(...totals);
}

function transposed(gains: readonly (readonly number[])[]): number[][] {
  return gains[0]!.map((_, column) => gains.map((row) => row[column]!));
}

test("no other assignment has a greater total", () => {
  const random = new Random(1);
  for (let trial = 0; trial < 300; trial++) {
    const rows = 1 + (random.word() % 4);
    const columns = rows + (random.word() % 3);
    const gains = Array.from({ length: rows }, () => {
      return Array.from({ length: columns }, () => Math.max(0, (random.word() % 9) - 3));
    });
    for (const [matrix, size] of [
      [gains, rows],
      [transposed(gains), columns],
    ] as const) {
      const assigned = bestAssignment(matrix);
      const taken = assigned.filter((column) => column !== -1);
      expect(assigned).toHaveLength(size);
      expect(new Set(taken).size).toBe(rows);
      const total = assigned.reduce((sum, column, row) => sum + (matrix[row]![column] ?? 0), 0);
      expect(total).toBe(greatestTotal(gains));
    }
  }
});
