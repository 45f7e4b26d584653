import { ConfigError } from "../../errors.ts";
import { passAtK } from "../../statistics/pass-at-k.ts";
import { mean } from "../../statistics/quantile.ts";
import { isFullScore, type Score } from "../eval-task.ts";
import { groupBy } from "../group-by.ts";

/** A score that has a value. */
export type ScoredValue = Score & { readonly value: number };

/** Makes one value of the scores that a sample got, asked several times. */
export interface Reducer {
  /** As the user names it, such as `mean` or `pass@5`. */
  readonly name: string;
  /** Whether scores of 0 and 1 come to 0 or 1, whatever they are. */
  readonly keepsBinary: boolean;
  /** @returns null where so few scores, at least one, say nothing */
  reduce(scores: readonly ScoredValue[]): number | null;
}

const meanReducer: Reducer = {
  name: "mean",
  keepsBinary: false,
  reduce: (scores) => mean(scores.map(({ value }) => value)),
};

const plain: Readonly<Record<string, Reducer>> = {
  mean: meanReducer,
  max: {
    name: "max",
    keepsBinary: true,
    reduce: (scores) => Math.max(...scores.map(({ value }) => value)),
  },
  majority: { name: "majority", keepsBinary: false, reduce: majority },
};

/**
 * The score of the answer that came most often, as it was read; where scorers read none, the value that
 * came most often. Of several, the mean of their scores.
 *
 * @see Wang et al. 2022, "Self-consistency improves chain of thought reasoning", arXiv 2203.11171
 */
function majority(scores: readonly ScoredValue[]): number {
  const hasAnswers = scores.every(({ answer }) => answer !== undefined);
  const groups = [
    ...groupBy(scores, ({ answer, value }) => (hasAnswers ? answer : value)).values(),
  ];
  const most = Math.max(...groups.map(({ length }) => length));
  const winners = groups.filter(({ length }) => length === most);
  return mean(winners.map((group) => mean(group.map(({ value }) => value))));
}

/** pass@k without bias, a full score counting as right; it says nothing of fewer than k scores. */
function passReducer(k: number): Reducer {
  return {
    name: `pass@${k}`,
    keepsBinary: false,
    reduce(scores) {
      const correct = scores.filter(isFullScore).length;
      return scores.length < k ? null : passAtK({ n: scores.length, correct }, k).value;
    },
  };
}

/** What holds where no reducer is named. */
export const defaultReducers: readonly Reducer[] = [meanReducer];

/**
 * Reducers by their names, several in one text parted by commas.
 *
 * @param epochs - how often each sample is asked
 * @throws {ConfigError} for a name of none, and for pass@K with a K above `epochs`
 */
export function parseReducers(texts: readonly string[], epochs: number): readonly Reducer[] {
  const names = new Set(texts.flatMap((text) => text.split(",")).map((name) => name.trim()));
  return [...names].map((name) => {
    if (Object.hasOwn(plain, name)) return plain[name]!;
    const k = Number(/^pass@([1-9]\d*)$/.exec(name)?.[1]);
    if (k <= epochs) return passReducer(k);
    throw new ConfigError(
      Number.isNaN(k)
        ? `--reducer: expected ${Object.keys(plain).join(", ")} or pass@K, got "${name}"`
        : `--reducer ${name}: each sample is asked ${epochs} times; give --epochs ${k} or more`,
    );
  });
}

/** How a score is named that a reducer was applied to: plainly where that is the mean. */
export function reducedName(score: string, reducer: Reducer): string {
  return reducer.name === "mean" ? score : `${score}/${reducer.name}`;
}
