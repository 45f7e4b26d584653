import type { Rung } from "../scaling/ladder.ts";

/** How large the quickstart's way is. */
export interface Profile {
  readonly recipe: string;
  /** The ladder, smallest first. */
  readonly rungs: readonly Rung[];
  readonly targetDepth: number;
  readonly tokensPerParameter: number;
}

/** Rungs of depths 1, 2, 3, …, each with so many seeds. */
const rungs = (seeds: readonly number[]): readonly Rung[] =>
  seeds.map((count, index) => ({ depth: index + 1, seeds: count }));

/** Names of the profiles. */
export type ProfileName = "smoke" | "laptop" | "full";

/**
 * `smoke`: under two minutes without a network, for tests of the installation; `laptop`: under 15
 * minutes on two cores, target 17 times the largest rung; `full`: one to two hours, 56 times.
 *
 * The noise between seeds, 0.2 to 0.4 % of the loss of a rung, is doubled by such an extrapolation:
 * several seeds of each rung cost little beside the target.
 */
export const profiles: { readonly [name in ProfileName]: Profile } = {
  smoke: {
    recipe: "primer-offline",
    rungs: rungs([2, 2, 1, 1, 1]),
    targetDepth: 8,
    tokensPerParameter: 4,
  },
  laptop: {
    recipe: "primer",
    rungs: rungs([3, 3, 3, 3, 3, 2]),
    targetDepth: 10,
    tokensPerParameter: 8,
  },
  full: {
    recipe: "primer",
    rungs: rungs([3, 3, 3, 3, 3, 3]),
    targetDepth: 12,
    tokensPerParameter: 20,
  },
};
