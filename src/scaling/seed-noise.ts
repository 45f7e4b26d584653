import { mean } from "../statistics/quantile.ts";
import type { LossLawFit } from "./fit.ts";
import { type ComputeLevel, fewestLevels } from "./levels.ts";

/** How much the log loss of a run moves with its seed alone. */
export interface SeedNoise {
  /** Standard deviation of ln L over seeds; about the relative one of L. */
  readonly standardDeviation: number;
  /** Degrees of freedom of that estimate. */
  readonly degreesOfFreedom: number;
  /** `seeds`: measured on rungs with several seeds; `residuals`: taken from the fit's residuals. */
  readonly source: "seeds" | "residuals";
}

// Public ladders measure 0.02 to 0.1 % (Delphi 0.04-0.07 %, Clark et al. 0.025 %).
export const leastNoise = 2e-4;

/**
 * Pools the variance of log losses within rungs that have several seeds; without such a rung the
 * residuals of the fit stand in, which also hold what the law gets wrong.
 */
export function seedNoise(levels: readonly ComputeLevel[], fit: LossLawFit): SeedNoise {
  let { squares, degreesOfFreedom } = pooledSquares(
    levels.map(({ points }) => points.map(({ lossNats }) => Math.log(lossNats))),
  );
  const isMeasured = degreesOfFreedom > 0;
  if (!isMeasured) {
    squares = fit.residuals.reduce((sum, residual) => sum + residual ** 2, 0);
    degreesOfFreedom = Math.max(1, fit.residuals.length - (fewestLevels - 1));
  }
  const standardDeviation = Math.max(leastNoise, Math.sqrt(squares / degreesOfFreedom));
  return { standardDeviation, degreesOfFreedom, source: isMeasured ? "seeds" : "residuals" };
}

/** Sum of squares about the means of their groups, and what is left of their number. */
export function pooledSquares(groups: Iterable<readonly number[]>): {
  squares: number;
  degreesOfFreedom: number;
} {
  let [squares, degreesOfFreedom] = [0, 0];
  for (const values of groups) {
    const centre = mean(values);
    squares += values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
    degreesOfFreedom += values.length - 1;
  }
  return { squares, degreesOfFreedom };
}
