import type { EvalTask, ReportedOutcome, Score } from "../eval-task.ts";
import {
  agreementScore,
  answerLabels,
  humanVerdict,
  labelAgreement,
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
import { tableSamples } from "./table-question.ts";

/** How answers of a table are graded by a model. */
export interface GradedTableOptions extends JudgeOptions {
  /** How often the judge is asked of each answer; the majority holds. */
  readonly votes: number;
}

const verdicts = ["YES", "NO"] as const;
type Verdict = (typeof verdicts)[number];

/**
 * An evaluation whose answers another model judges. A judge's answer without a clear verdict is no
 * vote; a sample without a majority is unscored. Beside the accuracy stand the share of the judge's
 * answers that were invalid, how far its votes agree, and its agreement with people's labels. Of
 * answers that are there already and have labels, that agreement is what counts: the judge is tested.
 *
 * @throws {ConfigError} when a column is missing
 * @see Zheng et al. 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", arXiv 2306.05685
 */
export function gradedTable(options: GradedTableOptions): EvalTask {
  checkJudgedTable(options, false);
  const { labels, answers, votes } = options;
  const agreement = (outcomes: readonly ReportedOutcome[]) =>
    labels === undefined
      ? { kappa: [], table: {} }
      : labelAgreement(outcomes.map(verdictsOf), verdicts);
  return {
    ...tableSamples(options),
    scoreKinds: {
      ...{ accuracy: "binary", agreement: "binary" },
      ...{ judge_invalid: "share", votes_agree: "share" },
    },
    async evaluate(sample, context) {
      const fields = judgedFields(sample, options);
      const human = labels === undefined ? undefined : humanVerdict(sample, labels, answerLabels);
      const answer = await answerOf(sample, { options, policy: 0 }, context);
      const texts: string[] = [];
      for (let vote = 0; vote < votes; vote++) {
        texts.push(await askJudge({ ...fields, answer }, seeded(options, vote), context));
      }
      const found = texts.map((text) => readVerdict(text, verdicts));
      const { verdict, ...counted } = majority(found, texts);
      const pair = { judge: verdict, human };
      const agrees = labels === undefined ? {} : { agreement: agreementScore(pair) };
      const { accuracy, ...others } = counted.scores;
      const isTest = answers !== undefined && labels !== undefined;
      const scores = isTest
        ? { ...agrees, accuracy, ...others }
        : { accuracy, ...agrees, ...others };
      const data = {
        verdict: verdict ?? null,
        human: human ?? null,
        votes: found,
        sampled: answer,
      };
      return { scores, events: [{ type: "judge", data }] };
    },
    report(outcomes) {
      const { kappa, table } = agreement(outcomes);
      const named = kappa.map(({ name, mean }) => [name, mean]);
      return { ...meanScores(outcomes), ...Object.fromEntries(named), ...table };
    },
    summaries: (outcomes) => agreement(outcomes).kappa,
  };
}

/** Votes that are drawn at random are drawn apart. */
function seeded(options: GradedTableOptions, vote: number): GradedTableOptions {
  if (options.votes === 1) return options;
  return { ...options, judgeArguments: { ...options.judgeArguments, seed: vote } };
}

/** What votes come to; the explanation is the judge's first answer of the majority. */
function majority(found: readonly (Verdict | undefined)[], texts: readonly string[]) {
  const counted = verdicts.map((verdict) => found.filter((one) => one === verdict).length);
  const [yes, no] = counted as [number, number];
  const verdict = yes > no ? "YES" : no > yes ? "NO" : undefined;
  const reason = texts[found.indexOf(verdict)] ?? texts[0]!;
  const explanation = yes + no > 0 && verdict === undefined ? "the votes are even" : reason.trim();
  const value = verdict === undefined ? null : verdict === "YES" ? 1 : 0;
  const accuracy: Score = { value, answer: verdict ?? "invalid", explanation };
  const agree = yes + no === 0 ? null : Math.max(yes, no) / (yes + no);
  return {
    verdict,
    scores: {
      accuracy,
      judge_invalid: { value: 1 - (yes + no) / found.length, best: 0 },
      ...(found.length > 1 && { votes_agree: { value: agree } }),
    },
  };
}

function verdictsOf({ id, cluster, events }: ReportedOutcome): SampleVerdicts {
  const { verdict, human } = events[0]!.data as Readonly<Record<string, string | null>>;
  return { id, cluster, judge: verdict ?? undefined, human: human ?? undefined };
}
