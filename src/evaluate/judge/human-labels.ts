import { DataError } from "../../errors.ts";
import { cohenKappa } from "../../statistics/cohen-kappa.ts";
import type { EvalReport, EvalSample, KnownSample, Score } from "../eval-task.ts";
import { comparable } from "../scorers/comparable.ts";
import { bySource, resampled, sampleCount } from "../summary/resample-sources.ts";
import type { ScoreSummary } from "../summary/score-summary.ts";

/** The verdicts, and the words that people write for each. */
export type LabelWords<Verdict extends string> = {
  readonly [verdict in Verdict]: readonly string[];
};

/** What people write of one answer. */
export const answerLabels: LabelWords<"YES" | "NO"> = {
  YES: ["yes", "y", "1", "true", "correct", "right", "pass", "good"],
  NO: ["no", "n", "0", "false", "incorrect", "wrong", "fail", "bad"],
};

/** What people write of two answers. */
export const pairLabels: LabelWords<"A" | "B" | "TIE"> = {
  A: ["a", "first", "1", "win"],
  B: ["b", "second", "2", "loss"],
  TIE: ["tie", "equal", "draw", "same", "0"],
};

/**
 * The verdict of a person in a row.
 *
 * @returns undefined for an empty cell
 * @throws {DataError} when it is none of the known words
 */
export function humanVerdict<Verdict extends string>(
  { id, data }: EvalSample,
  column: string,
  words: LabelWords<Verdict>,
): Verdict | undefined {
  const cell = data[column];
  const label = comparable(String(cell ?? ""));
  if (label === "") return undefined;
  const verdicts = Object.keys(words) as Verdict[];
  const found = verdicts.find((verdict) => words[verdict].includes(label));
  if (found !== undefined) return found;
  const known = verdicts.map((verdict) => words[verdict].join(", ")).join("; or ");
  throw new DataError(
    `${id}: the column "${column}": expected a verdict such as ${known}, got "${cell}"`,
  );
}

/** A judge's verdict beside a person's; undefined where one of them gave none. */
export interface VerdictPair {
  readonly judge: string | undefined;
  readonly human: string | undefined;
}

/** Whether judge and person agree; unscored when one of them gave no verdict. */
export function agreementScore({ judge, human }: VerdictPair): Score {
  if (judge === undefined || human === undefined) {
    return { value: null, explanation: human === undefined ? "no label" : "no verdict" };
  }
  return { value: judge === human ? 1 : 0, answer: judge, explanation: `the label is ${human}` };
}

/** A judge's verdict beside a person's, and the sample that they judge where that is known. */
export type SampleVerdicts = VerdictPair & KnownSample;

/**
 * How a judge agrees with people: Cohen's kappa with its interval, and how often each pair of verdicts
 * occurs. The interval is that of large samples, or the one of resampled sources where samples were
 * judged several times or share a cluster. It is not known for perfect agreement.
 *
 * @param verdicts - all that are possible
 */
export function labelAgreement(
  pairs: readonly SampleVerdicts[],
  verdicts: readonly string[],
): { readonly kappa: readonly ScoreSummary[]; readonly table: EvalReport } {
  const counts = countsOf(pairs, verdicts);
  const cells = verdicts.flatMap((judge, i) =>
    verdicts.map((human, j) => {
      return [`judge_${judge}_human_${human}`.toLowerCase(), counts[i]![j]!] as const;
    }),
  );
  const table = Object.fromEntries(cells);
  const labelled = pairs.filter(({ judge, human }) => judge !== undefined && human !== undefined);
  if (labelled.length === 0) return { kappa: [], table };
  const { kappa, standardError, interval } = cohenKappa(counts);
  const isKnown = standardError > 0;
  const own =
    isKnown && bySource(labelled).length < labelled.length
      ? resampled(labelled, (some) => cohenKappa(countsOf(some, verdicts)).kappa)
      : { n: labelled.length, interval };
  const low = isKnown ? Math.max(-1, own.interval.low) : Number.NaN;
  const high = isKnown ? Math.min(1, own.interval.high) : Number.NaN;
  const n = sampleCount(labelled);
  return {
    kappa: [
      {
        ...{ name: "kappa", mean: kappa, ...own, n, unscored: sampleCount(pairs) - n },
        interval: { low, high, level: interval.level },
      },
    ],
    table,
  };
}

/** [verdicts, verdicts]: how often the judge said i and the person j. */
function countsOf(pairs: readonly VerdictPair[], verdicts: readonly string[]): number[][] {
  const count = (judge: string, human: string) =>
    pairs.filter((pair) => pair.judge === judge && pair.human === human).length;
  return verdicts.map((judge) => verdicts.map((human) => count(judge, human)));
}
