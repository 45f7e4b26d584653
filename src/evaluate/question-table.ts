import { basename, extname } from "node:path";
import { ConfigError, DataError } from "../errors.ts";
import type { Message } from "../language-model/language-model.ts";
import { mean } from "../statistics/quantile.ts";
import { type EvalSample, type EvalTask, firstText, type SampleOutcome } from "./eval-task.ts";
import { type AnswerScorer, answerScorers, type ScorerName, scorerKind } from "./scorers.ts";

/** How a table of questions is asked. */
export interface QuestionTableOptions {
  readonly path: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Columns of the question and of its right answers. */
  readonly input: string;
  readonly ideal: string;
  /** Separates several right answers in one cell; undefined: a cell is one answer. */
  readonly separator?: string | undefined;
  readonly scorer: ScorerName;
  /** Rows that are shown with their answers before each question. */
  readonly examples: readonly Readonly<Record<string, unknown>>[];
  /** Said before each question. */
  readonly system?: string | undefined;
  readonly callArguments: Readonly<Record<string, unknown>>;
  readonly maxSamples?: number | undefined;
}

/**
 * An evaluation of a table of questions and right answers, in the order of its rows.
 *
 * @throws {ConfigError} when a column is missing
 */
export function questionTable(options: QuestionTableOptions): EvalTask {
  const { path, rows, examples, input, ideal, maxSamples } = options;
  for (const column of [input, ideal]) {
    if ([...rows, ...examples].every((row) => column in row)) continue;
    const known = Object.keys(rows[0] ?? {}).join(", ");
    throw new ConfigError(
      `${path}: expected a column "${column}", there are ${known || "none"}; name them with --input and --ideal`,
    );
  }
  const name = basename(path, extname(path));
  const score = answerScorers[options.scorer];
  const samples = rows.slice(0, maxSamples).map((data, i) => ({ id: `${name}.${i}`, data }));
  return {
    name,
    scoreKinds: { accuracy: scorerKind(options.scorer) },
    samples: async () => samples,
    async evaluate(sample, { ask }) {
      const ideals = idealsOf(sample, options); // before anything is paid for
      const answer = await ask({ policy: 0 }, messagesOf(sample, options), options.callArguments);
      return outcomeOf(score, firstText(answer), ideals);
    },
    report: (outcomes) => ({
      accuracy: mean(outcomes.flatMap(({ scores }) => scores["accuracy"]?.value ?? [])),
    }),
  };
}

function messagesOf({ id, data }: EvalSample, options: QuestionTableOptions): Message[] {
  const { system, examples, input, ideal } = options;
  const question = data[input];
  const before = [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    ...examples.flatMap((row) => [
      { role: "user", content: String(row[input]) },
      { role: "assistant", content: String([row[ideal]].flat()[0]) },
    ]),
  ];
  if (Array.isArray(question)) return [...before, ...(question as Message[])];
  const content = String(question ?? "").trim();
  if (content === "") throw new DataError(`${id}: the column "${input}" is empty`);
  return [...before, { role: "user", content }];
}

function idealsOf(
  { id, data }: EvalSample,
  { ideal, separator }: QuestionTableOptions,
): readonly string[] {
  const cell = data[ideal];
  const texts = Array.isArray(cell)
    ? cell.map(String)
    : separator === undefined
      ? [String(cell ?? "")]
      : String(cell ?? "").split(separator);
  if (texts.some((text) => text.trim() !== "")) return texts.map((text) => text.trim());
  throw new DataError(`${id}: the column "${ideal}" has no right answer`);
}

function outcomeOf(score: AnswerScorer, text: string, ideals: readonly string[]): SampleOutcome {
  const { value, answer, explanation } = score(text, ideals);
  const data = { correct: value === 1, expected: ideals, picked: answer, sampled: text };
  return {
    scores: {
      accuracy: { value, answer, ...(explanation !== undefined && { explanation }) },
    },
    events: [{ type: "match", data }],
  };
}
