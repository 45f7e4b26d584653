import { normalQuantile } from "../../statistics/distributions.ts";

/** Shares of forecasts and how many spreads their errors stayed within. */
export type CalibratedSpreads = readonly (readonly [level: number, spreads: number])[];

/**
 * Measured on public tables of runs (`npm run bench calibration`, which prints this row too): each
 * source counts the same, each held-out run once.
 */
export const publicSpreads: CalibratedSpreads = [
  [0.5, 0.427],
  [0.6, 0.553],
  [0.7, 0.709],
  [0.8, 0.884],
  [0.9, 1.22],
  [0.95, 1.55],
  [0.98, 2.15],
];

/** How many spreads to each side an interval has; between the measured levels along the normal. */
export function spreadsFor(level: number, measured: CalibratedSpreads = publicSpreads): number {
  const normal = (at: number) => normalQuantile((1 + at) / 2);
  const above = measured.findIndex(([at]) => at >= level);
  const [highLevel, high] = measured[above] ?? measured.at(-1)!;
  if (above === -1) return high * (normal(level) / normal(highLevel));
  const [lowLevel, low] = above === 0 ? [0, 0] : measured[above - 1]!;
  const share = (normal(level) - normal(lowLevel)) / (normal(highLevel) - normal(lowLevel));
  return low + share * (high - low);
}
