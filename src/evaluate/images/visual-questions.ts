import { type MeanEstimate, meanEstimate } from "../../statistics/intervals.ts";
import type { TaskSample } from "../primer/primer-tasks.ts";

/** How two models answered the questions of one task and difficulty. */
export interface PairedAccuracy {
  /** `all` takes the tasks of a difficulty together. */
  readonly task: string;
  /** 1 is the easiest. */
  readonly difficulty: number;
  readonly n: number;
  readonly accuracy: number;
  readonly baselineAccuracy: number;
  /** Accuracy less the baseline's, paired over questions. */
  readonly difference: MeanEstimate;
}

/**
 * Compares the answers of two models question by question.
 *
 * @param baseline - of the same questions; those of others are left out
 */
export function comparePaired(
  samples: readonly TaskSample[],
  baseline: readonly TaskSample[],
): PairedAccuracy[] {
  const other = new Map(baseline.map((sample) => [sample.id, sample]));
  const pairs = samples.flatMap((sample) => {
    const beside = other.get(sample.id);
    return beside === undefined ? [] : [{ sample, beside }];
  });
  const tasks = [...new Set(pairs.map(({ sample }) => sample.task)), "all"];
  const difficulties = [...new Set(pairs.map(({ sample }) => sample.difficulty))].sort(
    (a, b) => a - b,
  );
  return tasks.flatMap((task) =>
    difficulties.flatMap((difficulty) => {
      const group = pairs.filter(
        ({ sample }) =>
          sample.difficulty === difficulty && (task === "all" || sample.task === task),
      );
      return group.length < 2 ? [] : [{ task, difficulty, ...compareGroup(group) }];
    }),
  );
}

function compareGroup(
  pairs: readonly { readonly sample: TaskSample; readonly beside: TaskSample }[],
) {
  const n = pairs.length;
  const share = (of: (pair: (typeof pairs)[number]) => TaskSample) =>
    pairs.filter((pair) => of(pair).correct).length / n;
  return {
    n,
    accuracy: share(({ sample }) => sample),
    baselineAccuracy: share(({ beside }) => beside),
    difference: meanEstimate(
      pairs.map(({ sample, beside }) => Number(sample.correct) - Number(beside.correct)),
    ),
  };
}
