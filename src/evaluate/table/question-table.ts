import { type EvalEvent, type EvalTask, firstText, type ReportedOutcome } from "../eval-task.ts";
import type { CorpusResult, ScoredText, Scorer, Scores } from "../scorers/scorer.ts";
import { meanScores } from "../summary/mean-scores.ts";
import {
  checkColumns,
  checkExamples,
  questionMessages,
  rightAnswers,
  type TableQuestions,
  tableSamples,
} from "./table-question.ts";

/** How a table of questions is asked and scored. */
export interface QuestionTableOptions extends TableQuestions {
  readonly scorer: Scorer;
  /** Column of code that the scorer puts before an answer. */
  readonly prefix: string | undefined;
}

/**
 * An evaluation of a table of questions and right answers, in the order of its rows.
 *
 * @throws {ConfigError} when a column is missing
 */
export function questionTable(options: QuestionTableOptions): EvalTask {
  const { path, rows, input, ideal, prefix, scorer } = options;
  const needsIdeal = scorer.isSelfSufficient !== true;
  checkColumns(path, rows, {
    ...{ "--input": input, "--prefix": prefix },
    "--ideal": needsIdeal ? ideal : undefined,
  });
  checkExamples(options);
  return {
    ...tableSamples(options),
    scoreKinds: scorer.kinds,
    async evaluate(sample, { ask }) {
      const separator = scorer.isWhole ? undefined : options.separator;
      const ideals = needsIdeal ? rightAnswers(sample, { ideal, separator }) : [];
      const scored = await scorer.against(ideals, sample.data); // before anything is paid for
      const messages = questionMessages(sample, options);
      const text = firstText(await ask({ policy: 0 }, messages, options.callArguments));
      const scores = await scored(text);
      return { scores, events: [eventOf(scores, { text, ideals })] };
    },
    report(outcomes) {
      const all = together(scorer, outcomes);
      return { ...meanScores(outcomes), ...(all !== undefined && { [all.name]: all.value }) };
    },
    summaries(outcomes) {
      const all = together(scorer, outcomes);
      return all === undefined ? [] : [all.summary()];
    },
  };
}

/** A match where answers are right or wrong, else numbers. */
function eventOf(scores: Scores, { text, ideals }: ScoredText): EvalEvent {
  const said = { expected: ideals, sampled: text };
  const first = scores["accuracy"];
  if (first !== undefined) {
    return { type: "match", data: { correct: first.value === 1, picked: first.answer, ...said } };
  }
  const values = Object.entries(scores).map(([name, { value }]) => [name, value]);
  return { type: "metrics", data: { ...Object.fromEntries(values), ...said } };
}

function together(scorer: Scorer, outcomes: readonly ReportedOutcome[]): CorpusResult | undefined {
  if (scorer.together === undefined) return undefined;
  const texts = outcomes.flatMap(({ id, cluster, events }) =>
    events.map(
      ({ data }): ScoredText => ({
        ...{ id, cluster, text: data["sampled"] as string },
        ideals: data["expected"] as readonly string[],
      }),
    ),
  );
  return scorer.together(texts);
}
