/** A run at a multiple of the recipe's learning rate. */
export interface RateTrial {
  /** Training compute of the rung in FLOP. */
  readonly flops: number;
  /** 1 for the recipe's own rate. */
  readonly multiple: number;
  /** Mean over the runs. */
  readonly loss: number;
  /** How many runs the mean is of. */
  readonly runs: number;
}

/** The best learning rate of a rung. */
export interface BestRate {
  readonly flops: number;
  /** Octaves of the best rate over the recipe's, by a parabola; NaN where none lies within reach. */
  readonly octaves: number;
  readonly standardError: number;
  /** What the recipe's own rate loses against the best one, a share of the loss. */
  readonly excess: number;
}

/** Whether a recipe's learning rate is as good for the largest rung as for the smallest. */
export interface RecipeHealth {
  readonly rates: readonly BestRate[];
  /** What is wrong; undefined when nothing is. */
  readonly problem: string | undefined;
}

/** Octaves that the best rate may move over a ladder, and a best rate's reach. */
const [toleratedDrift, reach] = [0.75, 3];
/** A loss that the rate may cost at one end more than at the other. */
const toleratedExcess = 0.005;
const significance = 2;

/**
 * Compares the best learning rates of the smallest and the largest rung, each run at several
 * multiples of the recipe's. A recipe whose rate does not scale bends the ladder's losses just as
 * an irreducible loss does, so that the losses alone cannot show it.
 *
 * @param trials - of both rungs, at half, once and twice the rate at least
 * @param noise - standard deviation of ln loss over seeds
 * @throws {RangeError} when a rung has fewer than three multiples
 */
export function recipeHealth(trials: readonly RateTrial[], noise: number): RecipeHealth {
  const computes = [...new Set(trials.map(({ flops }) => flops))].sort((a, b) => a - b);
  const rates = computes.map((flops) =>
    bestRate(
      trials.filter((trial) => trial.flops === flops),
      noise,
    ),
  );
  return { rates, problem: problemOf(rates) };
}

function bestRate(trials: readonly RateTrial[], noise: number): BestRate {
  const { flops } = trials[0]!;
  const points = trials
    .map(({ multiple, loss, runs }) => ({ x: Math.log2(multiple), y: Math.log(loss), runs }))
    .sort((a, b) => a.x - b.x);
  if (points.length < 3) {
    throw new RangeError(`recipeHealth: expected three multiples or more, got ${points.length}`);
  }
  const own = points.findIndex(({ x }) => x === 0);
  const lowest = points.reduce((best, { y }, i) => (y < points[best]!.y ? i : best), 0);
  const middle = Math.min(points.length - 2, Math.max(1, own === -1 ? lowest : own));
  const [left, centre, right] = points.slice(middle - 1, middle + 2) as [Point, Point, Point];
  const width = (right.x - left.x) / 2;
  const slope = (right.y - left.y) / (2 * width);
  const bend = (left.y - 2 * centre.y + right.y) / width ** 2;
  const vertex = -slope / bend;
  const isBowl = bend > 0 && Math.abs(vertex) <= reach;
  const slopeError =
    (noise * Math.sqrt(1 / left.runs + 1 / right.runs)) / (2 * width) / Math.max(bend, 1e-9);
  return {
    flops,
    octaves: isBowl ? centre.x + vertex : Number.NaN,
    standardError: isBowl ? slopeError : Number.NaN,
    excess: isBowl
      ? Math.expm1((bend * vertex ** 2) / 2)
      : Math.expm1(centre.y - points[lowest]!.y),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly runs: number;
}

function problemOf(rates: readonly BestRate[]): string | undefined {
  const [small, large] = [rates[0]!, rates.at(-1)!];
  const lost = large.excess - small.excess;
  const share = `${(100 * large.excess).toFixed(1)} % of the largest rung's loss, ${(100 * small.excess).toFixed(1)} % of the smallest's`;
  if (Number.isNaN(large.octaves) || Number.isNaN(small.octaves)) {
    return lost > toleratedExcess
      ? `no best rate within reach; the rate costs ${share}`
      : undefined;
  }
  const drift = large.octaves - small.octaves;
  const error = Math.hypot(large.standardError, small.standardError);
  const isReal = Math.abs(drift) > significance * error;
  if (!isReal || Math.abs(drift) <= toleratedDrift || Math.abs(lost) <= toleratedExcess) {
    return undefined;
  }
  return `the best learning rate moves by ${drift.toFixed(1)} octaves (standard error ${error.toFixed(1)}) from the smallest to the largest rung: it costs ${share}`;
}
