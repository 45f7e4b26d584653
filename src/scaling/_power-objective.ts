import type { Objective } from "./minimize.ts";

/** Levels as the optimizer sees them: logarithms, compute centred so that a and b come apart. */
export interface FitData {
  /** ln C minus its mean. */
  readonly x: Float64Array;
  /** ln L. */
  readonly y: Float64Array;
  readonly weights: Float64Array;
  /** Mean of ln C. */
  readonly centre: number;
  /** Logarithm of the smallest loss, the upper bound of ln c. */
  readonly logSmallest: number;
}

/** Prepares computes and losses; `weights` count a level several times (1 each when absent). */
export function fitData(
  levels: readonly { readonly flops: number; readonly lossNats: number }[],
  weights?: readonly number[],
): FitData {
  const logs = levels.map(({ flops }) => Math.log(flops));
  const centre = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const y = Float64Array.from(levels, ({ lossNats }) => Math.log(lossNats));
  return {
    x: Float64Array.from(logs, (log) => log - centre),
    y,
    weights: Float64Array.from(levels, (_, index) => weights?.[index] ?? 1),
    centre,
    logSmallest: y.reduce((least, log) => Math.min(least, log), Number.POSITIVE_INFINITY),
  };
}

/** Huber's loss of a residual and its derivative, through `into` (no allocation in the hot loop). */
function huber(residual: number, delta: number, into: { slope: number }): number {
  const size = Math.abs(residual);
  if (size <= delta) {
    into.slope = residual;
    return (residual * residual) / 2;
  }
  into.slope = delta * Math.sign(residual);
  return delta * (size - delta / 2);
}

/**
 * The sum over levels of Huber's loss of log(predicted) - log(observed), with the prediction as
 * log-sum-exp(u + b x, v). Variables: u = ln a at the centre, ln(-b), and ln c unless c is zero.
 *
 * @param delta - where the loss turns from square to absolute; infinite for least squares
 * @see Hoffmann et al. 2022, section 3.3, arXiv 2203.15556
 */
export function powerObjective(data: FitData, delta: number): Objective {
  const { x, y, weights } = data;
  const turned = { slope: 0 };
  return (parameters, gradient) => {
    const u = parameters[0]!;
    const b = -Math.exp(parameters[1]!);
    const v = parameters.length > 2 ? parameters[2]! : Number.NEGATIVE_INFINITY;
    gradient.fill(0);
    let total = 0;
    for (let i = 0; i < x.length; i++) {
      const log = u + b * x[i]!;
      const top = Math.max(log, v);
      const predicted = top + Math.log(Math.exp(log - top) + Math.exp(v - top));
      const share = Math.exp(log - predicted);
      total += weights[i]! * huber(predicted - y[i]!, delta, turned);
      const pull = weights[i]! * turned.slope;
      gradient[0]! += pull * share;
      gradient[1]! += pull * share * x[i]! * b;
      if (parameters.length > 2) gradient[2]! += pull * (1 - share);
    }
    return total;
  };
}
