import type { CallArguments } from "../../language-model/language-model.ts";
import { messageText } from "../../language-model/message-text.ts";
import type { EvalSample, SampleContext } from "../eval-task.ts";
import { firstText } from "../eval-task.ts";
import {
  cellText,
  checkColumns,
  checkExamples,
  questionMessages,
  rightAnswers,
  type TableQuestions,
} from "../table/table-question.ts";
import { judgePrompt, type Rubric, type RubricField } from "./rubric.ts";

/** How answers of a table are judged by a model. */
export interface JudgeOptions extends TableQuestions {
  readonly rubric: Rubric;
  /** Columns of the criterion, and of what people decided; undefined: nobody did. */
  readonly criteria: string;
  readonly labels: string | undefined;
  /** Column of answers that are there already; undefined: a model is asked. */
  readonly answers: string | undefined;
  /** Of calls to the judge. */
  readonly judgeArguments: CallArguments;
}

/**
 * Refuses a table that lacks columns which the rubric or the flags name.
 *
 * @param needsIdeal - whether right answers are read whatever the rubric says
 * @throws {ConfigError} naming the column
 */
export function checkJudgedTable(options: JudgeOptions, needsIdeal: boolean): void {
  const { path, rows, input, ideal, rubric, criteria, labels, answers } = options;
  checkColumns(path, rows, {
    ...{ "--input": input, "--labels": labels, "--answers": answers },
    "--criteria": rubric.fields.has("criteria") ? criteria : undefined,
    "--ideal": needsIdeal || rubric.fields.has("ideal") ? ideal : undefined,
  });
  checkExamples(options);
}

/** What a row says to the judge beside the answers. */
export function judgedFields(
  sample: EvalSample,
  options: JudgeOptions,
): Readonly<Partial<Record<RubricField, string>>> {
  const { fields } = options.rubric;
  return {
    input: questionText(sample, options),
    ...(fields.has("ideal") && { ideal: rightAnswers(sample, options).join("\n") }),
    ...(fields.has("criteria") && { criteria: cellText(sample, options.criteria) }),
  };
}

/** The question alone: a conversation with who says what. */
function questionText(sample: EvalSample, options: JudgeOptions): string {
  const messages = questionMessages(sample, { ...options, examples: [], system: undefined });
  if (messages.length === 1) return messageText(messages[0]!);
  return messages.map((message) => `${message.role}: ${messageText(message)}`).join("\n");
}

/**
 * The answer of a row: the one that is there, or a model's.
 *
 * @param policy - place of the model among those that are evaluated
 */
export async function answerOf(
  sample: EvalSample,
  { options, policy }: { readonly options: JudgeOptions; readonly policy: number },
  { ask }: SampleContext,
): Promise<string> {
  if (options.answers !== undefined) return String(sample.data[options.answers] ?? "");
  const messages = questionMessages(sample, options);
  return firstText(await ask({ policy }, messages, options.callArguments));
}

/** Asks the judge with a rubric filled in. */
export async function askJudge(
  values: Readonly<Partial<Record<RubricField, string>>>,
  { rubric, judgeArguments }: JudgeOptions,
  { ask }: SampleContext,
): Promise<string> {
  const messages = [{ role: "user", content: judgePrompt(rubric, values) }];
  return firstText(await ask("grader", messages, judgeArguments));
}
