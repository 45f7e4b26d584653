import { percentileInterval } from "../../statistics/bootstrap.ts";
import type { Interval } from "../../statistics/intervals.ts";
import { mean } from "../../statistics/quantile.ts";
import { Random } from "../../statistics/random.ts";
import type { LawPlace, LawRow } from "../laws/law-form.ts";
import { lossOf } from "./candidate-law.ts";
import type { Outlook } from "./table-forecast.ts";

/** What a changed recipe is worth in compute. */
export interface ComputeMultiplier {
  /**
   * How many times the compute the old recipe needs for the same loss, the geometric mean over the
   * runs; infinite when some loss lies below the old law's irreducible one.
   */
  readonly multiplier: number;
  readonly interval: Interval;
  readonly runs: readonly { readonly c: number; readonly multiplier: number }[];
}

/** Multipliers between which one is sought. */
const [least, most] = [1e-4, 1e4];
const halvings = 60;

/**
 * Compares runs of a changed recipe with the law of the old one: the factor of compute, spread over
 * size and data alike, at which the law reaches their loss.
 *
 * @param changed - runs of the changed recipe
 */
export function computeMultiplier(
  { chosen, noise, refits }: Outlook,
  changed: readonly LawRow[],
  { level, seed }: { readonly level: number; readonly seed: number },
): ComputeMultiplier {
  const law = chosen.law!;
  const runs = changed.map((row) => ({ c: row.c, multiplier: multiplierOf(law.lossAt, row) }));
  const random = new Random(seed);
  const drawn = refits.parameters.map((parameters) => {
    const rows = changed.map(() => changed[random.integer(changed.length)]!);
    const logs = rows.map((row) => {
      const loss = row.loss * Math.exp(noise.standardDeviation * random.normal());
      const lossAt = (place: LawPlace) => lossOf(law, parameters, place);
      return Math.log(multiplierOf(lossAt, { ...row, loss }));
    });
    return Math.exp(mean(logs));
  });
  return {
    multiplier: Math.exp(mean(runs.map(({ multiplier }) => Math.log(multiplier)))),
    interval: percentileInterval(drawn, level),
    runs,
  };
}

/** The factor of compute at which a law that falls with compute gives a loss. */
function multiplierOf(lossAt: (place: LawPlace) => number, { loss, n, d, c }: LawRow): number {
  const at = (factor: number) =>
    lossAt({ n: n * Math.sqrt(factor), d: d * Math.sqrt(factor), c: c * factor });
  if (at(most) > loss) return Number.POSITIVE_INFINITY;
  if (at(least) < loss) return 0;
  let [low, high] = [Math.log(least), Math.log(most)];
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (at(Math.exp(middle)) > loss) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}
