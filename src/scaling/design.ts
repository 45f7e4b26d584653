import { solve } from "../statistics/linear-solve.ts";
import { fewestLevels, leastSpan } from "./levels.ts";
import { type LossLaw, lossAt, lossGradient } from "./loss-law.ts";
import { ScalingRefusal } from "./refusal.ts";

/** A size that a ladder could run. */
export interface RungOption {
  /** Dial setting. */
  readonly depth: number;
  readonly flops: number;
}

/** What is supposed before anything is run. */
export interface DesignAssumptions {
  readonly law: LossLaw;
  /** Standard deviation of ln loss over seeds. */
  readonly noise: number;
  /** Log error of a law per log unit of extrapolation, however well it is fitted. */
  readonly drift: number;
}

/** A ladder that was chosen. */
export interface LadderDesign {
  /** By depth, ascending. */
  readonly rungs: readonly (RungOption & { readonly seeds: number })[];
  readonly flops: number;
  /** Standard deviation of ln loss at the target that the forecast is expected to have. */
  readonly deviation: number;
  /** What each further run bought, from the smallest ladder that can be fitted. */
  readonly path: readonly { readonly flops: number; readonly deviation: number }[];
}

const mostSeeds = 6;

/**
 * Chooses a ladder within a budget by the variance of its forecast: the best four sizes first, then
 * one run after the other, always the one that takes most variance off per FLOP.
 *
 * The variance is that of the three parameters of a C^b + c, by their Jacobian, and of the law's own
 * error, which grows with the log of what lies between the largest rung and the target.
 *
 * @throws {ScalingRefusal} `too-few-levels` when the budget does not buy four sizes a decade apart
 */
export function chooseLadder(
  options: readonly RungOption[],
  { targetFlops, budget }: { readonly targetFlops: number; readonly budget: number },
  assumptions: DesignAssumptions,
): LadderDesign {
  const within = options.filter(({ flops }) => flops <= budget && flops < targetFlops);
  const variance = (runs: readonly RungOption[]) => varianceOf(runs, targetFlops, assumptions);
  let runs = bestStart(within, budget, variance);
  if (runs === undefined) {
    throw new ScalingRefusal(
      "too-few-levels",
      `Plan: ${budget.toExponential(2)} FLOP do not buy ${fewestLevels} sizes at least ${leastSpan} times apart in compute. Raise --budget-share or the target.`,
    );
  }
  const path = [step(runs, variance(runs))];
  for (;;) {
    const next = bestRun(runs, { within, budget, variance });
    if (next === undefined) break;
    runs = [...runs, next];
    path.push(step(runs, variance(runs)));
  }
  const rungs = within
    .map((option) => ({ ...option, seeds: runs!.filter((run) => run === option).length }))
    .filter(({ seeds }) => seeds > 0);
  return { rungs, ...path.at(-1)!, path };
}

function step(runs: readonly RungOption[], variance: number) {
  return { flops: totalFlops(runs), deviation: Math.sqrt(variance) };
}

function totalFlops(runs: readonly RungOption[]): number {
  return runs.reduce((sum, { flops }) => sum + flops, 0);
}

/** The four sizes with the least variance that the budget buys. */
function bestStart(
  options: readonly RungOption[],
  budget: number,
  variance: (runs: readonly RungOption[]) => number,
): readonly RungOption[] | undefined {
  let best: readonly RungOption[] | undefined;
  for (const runs of choicesOf(options, fewestLevels)) {
    const span = runs.at(-1)!.flops / runs[0]!.flops;
    if (span < leastSpan || totalFlops(runs) > budget) continue;
    if (best === undefined || variance(runs) < variance(best)) best = runs;
  }
  return best;
}

function* choicesOf<Item>(items: readonly Item[], count: number): Generator<readonly Item[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const [i, item] of items.entries()) {
    for (const rest of choicesOf(items.slice(i + 1), count - 1)) yield [item, ...rest];
  }
}

/** The run that takes most variance off per FLOP; undefined when the budget buys none. */
function bestRun(
  runs: readonly RungOption[],
  {
    within,
    budget,
    variance,
  }: {
    readonly within: readonly RungOption[];
    readonly budget: number;
    readonly variance: (runs: readonly RungOption[]) => number;
  },
): RungOption | undefined {
  const left = budget - totalFlops(runs);
  const now = variance(runs);
  let [best, most] = [undefined as RungOption | undefined, 0];
  for (const option of within) {
    const seeds = runs.filter((run) => run === option).length;
    if (option.flops > left || seeds >= mostSeeds) continue;
    const gain = (now - variance([...runs, option])) / option.flops;
    if (gain > most) [best, most] = [option, gain];
  }
  return best;
}

/** Variance of ln loss at the target, of a fit to these runs and of the law itself. */
function varianceOf(
  runs: readonly RungOption[],
  targetFlops: number,
  { law, noise, drift }: DesignAssumptions,
): number {
  const slopesAt = (flops: number) => {
    const [byA, byB, byC] = lossGradient(law, flops);
    const loss = lossAt(law, flops);
    return [(byA * law.a) / loss, byB / loss, byC / loss];
  };
  const gram = [0, 1, 2].map(() => [0, 0, 0]);
  for (const { flops } of runs) {
    const slopes = slopesAt(flops);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) gram[i]![j]! += slopes[i]! * slopes[j]!;
    }
  }
  const target = slopesAt(targetFlops);
  const solved = solve(gram, target);
  if (solved === undefined) return Number.POSITIVE_INFINITY;
  const sampling = noise ** 2 * target.reduce((sum, slope, i) => sum + slope * solved[i]!, 0);
  const largest = Math.max(...runs.map(({ flops }) => flops));
  return sampling + (drift * Math.log(targetFlops / largest)) ** 2 + noise ** 2;
}
