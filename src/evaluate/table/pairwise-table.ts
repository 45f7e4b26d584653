import type {
  EvalReport,
  EvalSample,
  EvalTask,
  ReportedOutcome,
  SampleContext,
  Score,
} from "../eval-task.ts";
import {
  agreementScore,
  humanVerdict,
  labelAgreement,
  pairLabels,
  type SampleVerdicts,
} from "../judge/human-labels.ts";
import {
  answerOf,
  askJudge,
  checkJudgedTable,
  type JudgeOptions,
  judgedFields,
} from "../judge/judged-table.ts";
import { readVerdict } from "../judge/read-verdict.ts";
import { meanScores } from "../summary/mean-scores.ts";
import { rightAnswers, tableSamples } from "./table-question.ts";

/** How answers of a table are compared two by two. */
export interface PairwiseTableOptions extends JudgeOptions {
  /** Whether B is a second model; else it is the first right answer. */
  readonly isBetweenModels: boolean;
}

/** Whose answer is better. */
type Side = "A" | "B" | "TIE";
const sides = ["A", "B", "TIE"] as const;
const positions = ["FIRST", "SECOND", "TIE"] as const;

/** Whose answer stands first and second. */
const orders = [
  { FIRST: "A", SECOND: "B", TIE: "TIE" },
  { FIRST: "B", SECOND: "A", TIE: "TIE" },
] as const;

/** What two judgements of a pair come to. */
interface PairResult {
  /** Undefined: a judgement had no clear verdict. */
  readonly winner: Side | undefined;
  /** The position that both judgements chose, whoever stood there. */
  readonly followed: "FIRST" | "SECOND" | undefined;
  /** Of the two judgements. */
  readonly invalid: number;
}

/**
 * An evaluation that compares A's answers, of a model or of a column, with B's, of another model or the
 * right answers. A third model judges each pair twice, the answers exchanged: A or B wins when it wins
 * both times, everything else is a tie, and counts as half a win; a pair with an unclear verdict is
 * unscored. How often the judge followed the position is a number of its own.
 *
 * @throws {ConfigError} when a column is missing
 * @see Zheng et al. 2023, arXiv 2306.05685, section 3.4; Wang et al. 2023, arXiv 2305.17926
 */
export function pairwiseTable(options: PairwiseTableOptions): EvalTask {
  checkJudgedTable(options, !options.isBetweenModels);
  const { labels } = options;
  const agreement = (outcomes: readonly ReportedOutcome[]) =>
    labels === undefined
      ? { kappa: [], table: {} }
      : labelAgreement(outcomes.map(verdictsOf), sides);
  return {
    ...tableSamples(options),
    scoreKinds: {
      ...{ win_rate: "share", judge_invalid: "share" },
      ...{ tie: "binary", position_followed: "binary", agreement: "binary" },
    },
    async evaluate(sample, context) {
      const fields = judgedFields(sample, options);
      const human = labels === undefined ? undefined : humanVerdict(sample, labels, pairLabels);
      const answers = await bothAnswers(sample, options, context);
      const judged: (Side | undefined)[] = [];
      for (const order of orders) {
        const [first, second] = [answers[order.FIRST], answers[order.SECOND]];
        const text = await askJudge({ ...fields, first, second }, options, context);
        const verdict = readVerdict(text, positions);
        judged.push(verdict && order[verdict]);
      }
      const result = resultOf(judged);
      const agrees = labels !== undefined && {
        agreement: agreementScore({ judge: result.winner, human }),
      };
      const data = { judge: result.winner, human, followed: result.followed, judged, answers };
      return { scores: { ...scoresOf(result), ...agrees }, events: [{ type: "judge", data }] };
    },
    report(outcomes) {
      const { kappa, table } = agreement(outcomes);
      const named = kappa.map(({ name, mean }) => [name, mean]);
      return {
        ...{ ...meanScores(outcomes), ...countsOf(outcomes) },
        ...{ ...Object.fromEntries(named), ...table },
      };
    },
    summaries: (outcomes) => agreement(outcomes).kappa,
  };
}

async function bothAnswers(
  sample: EvalSample,
  options: PairwiseTableOptions,
  context: SampleContext,
): Promise<Readonly<Record<"A" | "B", string>>> {
  const right = options.isBetweenModels ? "" : rightAnswers(sample, options)[0]!;
  const A = await answerOf(sample, { options, policy: 0 }, context);
  const B = options.isBetweenModels
    ? await answerOf(sample, { options, policy: 1 }, context)
    : right;
  return { A, B };
}

function resultOf(judged: readonly (Side | undefined)[]): PairResult {
  const [one, two] = judged;
  const invalid = judged.filter((side) => side === undefined).length / judged.length;
  if (one === undefined || two === undefined) {
    return { winner: undefined, followed: undefined, invalid };
  }
  if (one === two) return { winner: one, followed: undefined, invalid };
  const followed = one === "A" && two === "B" ? "FIRST" : "SECOND";
  const isFollowed = one !== "TIE" && two !== "TIE";
  return { winner: "TIE", followed: isFollowed ? followed : undefined, invalid };
}

function scoresOf({ winner, followed, invalid }: PairResult): Readonly<Record<string, Score>> {
  const isValid = winner !== undefined;
  const share = (is: boolean) => (isValid ? Number(is) : null);
  const value = isValid ? { A: 1, TIE: 0.5, B: 0 }[winner] : null;
  const explanation =
    followed === undefined ? {} : { explanation: `the ${followed.toLowerCase()} one both times` };
  return {
    win_rate: { value, answer: winner ?? "invalid", ...explanation },
    tie: { value: share(winner === "TIE"), best: 0 },
    position_followed: { value: share(followed !== undefined), best: 0 },
    judge_invalid: { value: invalid, best: 0 },
  };
}

/** Verdicts on a pair, and the position that the judge kept to. */
interface PairVerdicts extends SampleVerdicts {
  readonly judge: Side | undefined;
  readonly human: Side | undefined;
  readonly followed: PairResult["followed"];
}

function verdictsOf({ id, cluster, events }: ReportedOutcome): PairVerdicts {
  const { judge, human, followed } = events[0]!.data as Partial<PairVerdicts>;
  return { id, cluster, judge, human, followed };
}

/** Pairs that A won, that B won, and where the judge kept to a position. */
function countsOf(outcomes: readonly ReportedOutcome[]): EvalReport {
  const pairs = outcomes.map(verdictsOf);
  return {
    wins: pairs.filter(({ judge }) => judge === "A").length,
    losses: pairs.filter(({ judge }) => judge === "B").length,
    ties: pairs.filter(({ judge }) => judge === "TIE").length,
    followed_first: pairs.filter(({ followed }) => followed === "FIRST").length,
    followed_second: pairs.filter(({ followed }) => followed === "SECOND").length,
  };
}
