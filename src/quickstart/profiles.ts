/** How large the quickstart's way is. */
export interface Profile {
  readonly recipe: string;
  /** Dial settings of the ladder's rungs, ascending. */
  readonly depths: readonly number[];
  /** Rungs that are run with a second seed. */
  readonly repeatedDepths: readonly number[];
  readonly targetDepth: number;
  readonly tokensPerParameter: number;
}

/** Names of the profiles. */
export type ProfileName = "smoke" | "laptop" | "full";

/**
 * `smoke`: under two minutes without a network, for tests of the installation; `laptop`: under 15
 * minutes on two cores, target 37 times the largest rung; `full`: one to two hours, 126 times.
 */
export const profiles: { readonly [name in ProfileName]: Profile } = {
  smoke: {
    recipe: "primer-offline",
    depths: [1, 2, 3, 4, 5],
    repeatedDepths: [1, 2],
    targetDepth: 8,
    tokensPerParameter: 4,
  },
  laptop: {
    recipe: "primer",
    depths: [1, 2, 3, 4, 5],
    repeatedDepths: [1, 2, 3, 4, 5],
    targetDepth: 10,
    tokensPerParameter: 12,
  },
  full: {
    recipe: "primer",
    depths: [1, 2, 3, 4, 5],
    repeatedDepths: [1, 2, 3, 4, 5],
    targetDepth: 12,
    tokensPerParameter: 20,
  },
};
