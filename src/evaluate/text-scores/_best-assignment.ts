/**
 * The assignment of rows to columns, one to one, with the greatest total; of the longer side some
 * are left over.
 *
 * @param gains - [rows][columns]
 * @returns by row its column, or -1
 * @see Kuhn 1955; by shortest augmenting paths: Jonker, Volgenant 1987
 */
export function bestAssignment(gains: readonly (readonly number[])[]): number[] {
  const columns = gains[0]?.length ?? 0;
  if (gains.length > columns) {
    const transposed = Array.from({ length: columns }, (_, j) => gains.map((row) => row[j]!));
    const rowOf = bestAssignment(transposed);
    return gains.map((_, i) => rowOf.indexOf(i));
  }
  const state = {
    gains,
    rowPrice: gains.map((row) => Math.max(...row)),
    columnPrice: Array<number>(columns).fill(0),
    rowOf: Array<number>(columns).fill(-1),
  };
  for (let row = 0; row < gains.length; row++) assignRow(state, row);
  return gains.map((_, row) => state.rowOf.indexOf(row));
}

interface State {
  readonly gains: readonly (readonly number[])[];
  readonly rowPrice: number[];
  readonly columnPrice: number[];
  /** By column its row, or -1. */
  readonly rowOf: number[];
}

/** Adds a row along the cheapest path of changes that ends at a free column. */
function assignRow(state: State, start: number): void {
  const { rowOf, columnPrice, rowPrice } = state;
  const cost = rowOf.map(() => Number.POSITIVE_INFINITY);
  const before = rowOf.map(() => -1);
  const done = rowOf.map(() => false);
  let [row, column, spent] = [start, -1, 0];
  do {
    relax(state, { row, column, spent, cost, before, done });
    column = cheapest(cost, done);
    done[column] = true;
    spent = cost[column]!;
    row = rowOf[column]!;
  } while (row !== -1);
  rowPrice[start]! -= spent;
  done.forEach((isDone, at) => {
    if (!isDone || at === column) return;
    rowPrice[rowOf[at]!]! -= spent - cost[at]!;
    columnPrice[at]! += spent - cost[at]!;
  });
  for (let at = column; at !== -1; at = before[at]!) {
    rowOf[at] = before[at] === -1 ? start : rowOf[before[at]!]!;
  }
}

interface Path {
  readonly row: number;
  /** The column by which the row was reached, or -1. */
  readonly column: number;
  readonly spent: number;
  readonly cost: number[];
  readonly before: number[];
  readonly done: readonly boolean[];
}

function relax(
  { gains, rowPrice, columnPrice }: State,
  { row, column, spent, cost, before, done }: Path,
): void {
  gains[row]!.forEach((gain, at) => {
    const through = spent + rowPrice[row]! + columnPrice[at]! - gain;
    if (done[at] || through >= cost[at]!) return;
    cost[at] = through;
    before[at] = column;
  });
}

function cheapest(cost: readonly number[], done: readonly boolean[]): number {
  let best = -1;
  cost.forEach((value, at) => {
    if (!done[at] && (best === -1 || value < cost[best]!)) best = at;
  });
  return best;
}
