import type { PassCount } from "./pass-counts.ts";

/** Problems of about the same difficulty. */
export interface DifficultyBucket {
  /** 1 is the easiest. */
  readonly bucket: number;
  readonly problems: readonly string[];
}

/** Problems by difficulty. */
export interface Difficulties {
  readonly buckets: readonly DifficultyBucket[];
  /** The hardest, of which smaller models say too little. */
  readonly leftOut: readonly string[];
}

/**
 * Parts problems by what the given models, the smaller ones alone, made of them: the hardest are
 * left out, the rest falls in buckets of equal size.
 *
 * @param counts - of the models that the law is fitted to, of no other
 * @param hardest - share of the problems that is left out; the GPT-4 report left out 15 of 164
 * @see GPT-4 technical report 2023, section 3.2
 */
export function difficultyBuckets(
  counts: readonly PassCount[],
  { buckets, hardest }: { readonly buckets: number; readonly hardest: number },
): Difficulties {
  const scores = new Map<string, { sum: number; models: number }>();
  for (const { problem, passes, samples } of counts) {
    const score = scores.get(problem) ?? { sum: 0, models: 0 };
    // the mean of Jeffreys' posterior: no logarithm of zero, and order among problems never passed
    score.sum += Math.log((passes + 0.5) / (samples + 1));
    score.models++;
    scores.set(problem, score);
  }
  const ordered = [...scores]
    .map(([problem, { sum, models }]) => ({ problem, ease: sum / models }))
    .sort((a, b) => b.ease - a.ease || (a.problem < b.problem ? -1 : 1))
    .map(({ problem }) => problem);
  const kept = ordered.slice(0, ordered.length - Math.round(hardest * ordered.length));
  return {
    buckets: Array.from({ length: buckets }, (_, i) => ({
      bucket: i + 1,
      problems: kept.slice(
        Math.round((i * kept.length) / buckets),
        Math.round(((i + 1) * kept.length) / buckets),
      ),
    })),
    leftOut: ordered.slice(kept.length),
  };
}
