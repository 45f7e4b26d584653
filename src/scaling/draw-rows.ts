import { groupBy } from "../evaluate/group-by.ts";
import type { Random } from "../statistics/random.ts";
import type { LawRow } from "./laws/law-form.ts";

/**
 * Rows drawn with replacement, those of one cluster together.
 *
 * @param distinct - so many different rows at least, or all there are
 */
export function drawRows(rows: readonly LawRow[], random: Random, distinct = 1): readonly LawRow[] {
  const clusters = [...groupBy([...rows.entries()], ([i, { cluster = i }]) => cluster).values()];
  const least = Math.min(distinct, rows.length);
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const drawn = clusters.flatMap(() =>
      clusters[random.integer(clusters.length)]!.map(([, row]) => row),
    );
    if (new Set(drawn).size >= least) return drawn;
  }
  return rows; // clusters too few for so many different rows
}

const mostAttempts = 1000;
