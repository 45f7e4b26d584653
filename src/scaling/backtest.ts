import { fitVariant, type LawVariant, parameterCount } from "./law-variant.ts";
import type { ComputeLevel } from "./levels.ts";
import { lossAt } from "./loss-law.ts";

/** One forecast inside the ladder: the law of the smaller rungs against a larger one. */
export interface BacktestTarget {
  /** Rungs that the law saw, counted from the smallest (those dropped included). */
  readonly origin: number;
  /** How many rungs beyond the last one seen; 1 is the next. */
  readonly ahead: number;
  readonly flops: number;
  readonly predicted: number;
  readonly actual: number;
  /** log(predicted / actual). */
  readonly logError: number;
  /** log of the target's compute over the largest compute seen. */
  readonly logDistance: number;
}

/** How a variant did on its own ladder. */
export interface Backtest {
  readonly targets: readonly BacktestTarget[];
  /** Mean signed log error of the one-rung forecasts. */
  readonly oneRungBias: number;
  /** Log error per log unit of extrapolation, root mean square, recent origins weighing more. */
  readonly drift: number;
}

const backtestStarts = 8;
// An origin one rung older weighs half: the law is asked about what lies beyond the last rung.
const originDecay = 0.5;

/**
 * Rolling-origin backtest: for each origin the variant is fitted to the rungs up to it and
 * forecasts every larger one.
 *
 * The smallest origin leaves as many rungs as the variant has parameters.
 *
 * @param noise - measured standard deviation of a log loss over seeds, 0 when it was not measured
 */
export function backtestVariant(
  variant: LawVariant,
  levels: readonly ComputeLevel[],
  noise: number,
): Backtest {
  const targets: BacktestTarget[] = [];
  const first = variant.dropped + parameterCount(variant);
  for (let origin = first; origin < levels.length; origin++) {
    const seen = levels.slice(0, origin);
    const { law } = fitVariant(variant, seen, { starts: backtestStarts });
    const largest = seen.at(-1)?.flops ?? Number.NaN;
    levels.slice(origin).forEach(({ flops, lossNats }, index) => {
      const predicted = lossAt(law, flops);
      targets.push({
        origin,
        ahead: index + 1,
        flops,
        predicted,
        actual: lossNats,
        logError: Math.log(predicted / lossNats),
        logDistance: Math.log(flops / largest),
      });
    });
  }
  return {
    targets,
    oneRungBias: biasOf(targets),
    drift: driftOf(targets, levels.length - 1, noise),
  };
}

function biasOf(targets: readonly BacktestTarget[]): number {
  const next = targets.filter(({ ahead }) => ahead === 1);
  return next.reduce((sum, { logError }) => sum + logError, 0) / next.length;
}

/**
 * Root of the weighted squared errors, less what seed noise gives each of them (the target's own
 * and about as much through the law), over the weighted squared distances.
 */
function driftOf(targets: readonly BacktestTarget[], lastOrigin: number, noise: number): number {
  let [errors, distances] = [0, 0];
  for (const { origin, logError, logDistance } of targets) {
    const weight = originDecay ** (lastOrigin - origin);
    errors += weight * (logError ** 2 - 2 * noise ** 2);
    distances += weight * logDistance ** 2;
  }
  return Math.sqrt(Math.max(0, errors) / distances);
}
