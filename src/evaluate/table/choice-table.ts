import { DataError } from "../../errors.ts";
import type { CallArguments, Message } from "../../language-model/language-model.ts";
import {
  type EvalTask,
  firstText,
  type SampleContext,
  type SampleOutcome,
  type Score,
} from "../eval-task.ts";
import { letterAt, letterOf } from "../scorers/letter-of.ts";
import { meanScores } from "../summary/mean-scores.ts";
import { checkColumns, type TableRow, tableSamples } from "./table-question.ts";

/** How a table of choice questions is asked. */
export interface ChoiceTableOptions {
  readonly path: string;
  readonly rows: readonly TableRow[];
  /** Columns of the question, of its choices and of the right one. */
  readonly input: string;
  readonly choices: string;
  /** The right choice: its letter, its place from 0, or its text. */
  readonly ideal: string;
  /** Between the choices of a cell that is no list. */
  readonly separator: string | undefined;
  readonly by: ChoiceBy;
  /** By likelihood: whether a third choice is made, by how much the question makes a text likelier. */
  readonly pmi: boolean;
  /** Rows that are shown with their right choices before each question. */
  readonly examples: readonly TableRow[];
  /** By letter: said before each question. */
  readonly system: string | undefined;
  readonly callArguments: CallArguments;
  readonly maxSamples: number | undefined;
}

/**
 * `letter`: the choices are shown and a letter is written; `letter-likelihood`: they are shown, and the
 * likeliest letter is the choice; `likelihood`: the likeliest text.
 */
export type ChoiceBy = (typeof choiceWays)[number];

/** The ways in which a choice is made. */
export const choiceWays = ["letter", "letter-likelihood", "likelihood"] as const;

/** A question with its choices. */
interface ChoiceQuestion {
  readonly question: string;
  readonly choices: readonly string[];
  /** Place of the right one. */
  readonly right: number;
}

/**
 * An evaluation of choice questions. By likelihood, the text after the question that the model finds
 * likeliest is its choice; beside it the likeliest for its length in bytes, and the one that the
 * question makes likelier than it is after `Answer:` alone.
 *
 * @throws {ConfigError} when a column is missing
 * @throws {DataError} when an example is no choice question
 * @see Brown et al. 2020, arXiv 2005.14165, section 2.4; acc and acc_norm of lm-evaluation-harness;
 *   Holtzman et al. 2021, "Surface Form Competition", arXiv 2104.08315
 */
export function choiceTable(options: ChoiceTableOptions): EvalTask {
  const { path, rows, examples, input, choices, ideal, by } = options;
  const columns = { "--input": input, "--choices": choices, "--ideal": ideal };
  checkColumns(path, rows, columns);
  checkColumns("--examples", examples, columns);
  const shown = examples.map((data, i) =>
    questionOf(data, { id: `--examples, row ${i + 1}`, options }),
  );
  return {
    ...tableSamples(options),
    scoreKinds: { accuracy: "binary", accuracy_per_byte: "binary", accuracy_pmi: "binary" },
    async evaluate({ id, data }, context) {
      const asked = questionOf(data, { id, options });
      return ways[by](asked, { shown, options }, context);
    },
    report: meanScores,
  };
}

interface Asked {
  readonly shown: readonly ChoiceQuestion[];
  readonly options: ChoiceTableOptions;
}

/** How a question is asked and scored. */
type ChoiceWay = (
  question: ChoiceQuestion,
  asked: Asked,
  context: SampleContext,
) => Promise<SampleOutcome>;

const ways: { readonly [by in ChoiceBy]: ChoiceWay } = {
  letter: byLetter,
  "letter-likelihood": byLetterLikelihood,
  likelihood: byLikelihood,
};

/** The question and its choices, each behind its letter. */
function listed({ question, choices }: ChoiceQuestion): string {
  return [question, ...choices.map((choice, i) => `${letterAt(i)}. ${choice}`)].join("\n");
}

async function byLetter(
  question: ChoiceQuestion,
  { shown, options }: Asked,
  { ask }: SampleContext,
): Promise<SampleOutcome> {
  const prompt = (one: ChoiceQuestion) => ({
    role: "user",
    content: `${listed(one)}\nAnswer with the letter of the right choice alone.`,
  });
  const messages: Message[] = [
    ...(options.system === undefined ? [] : [{ role: "system", content: options.system }]),
    ...shown.flatMap((one) => [prompt(one), { role: "assistant", content: letterAt(one.right) }]),
    prompt(question),
  ];
  const text = firstText(await ask({ policy: 0 }, messages, options.callArguments));
  const letter = letterOf(text);
  const expected = letterAt(question.right);
  const accuracy: Score =
    letter === undefined
      ? { value: 0, answer: "", explanation: "no letter" }
      : { value: letter === expected ? 1 : 0, answer: letter };
  const data = { correct: accuracy.value === 1, expected, picked: accuracy.answer, sampled: text };
  return { scores: { accuracy }, events: [{ type: "match", data }] };
}

async function byLetterLikelihood(
  question: ChoiceQuestion,
  { shown }: Asked,
  context: SampleContext,
): Promise<SampleOutcome> {
  const before = shown.map((one) => `${listed(one)}\nAnswer: ${letterAt(one.right)}\n\n`);
  const prompt = `${before.join("")}${listed(question)}\nAnswer:`;
  const letters = question.choices.map((_, i) => letterAt(i));
  const logProbs = await logProbsOf(prompt, letters, context);
  return chosen(letters, question.right, { accuracy: logProbs });
}

async function byLikelihood(
  { question, choices, right }: ChoiceQuestion,
  { shown, options }: Asked,
  context: SampleContext,
): Promise<SampleOutcome> {
  const before = shown.map((one) => `${one.question}\nAnswer: ${one.choices[one.right]}\n\n`);
  const prompt = `${before.join("")}${question}\nAnswer:`;
  const logProbs = await logProbsOf(prompt, choices, context);
  const alone = options.pmi ? await logProbsOf("Answer:", choices, context) : undefined;
  return chosen(choices, right, {
    accuracy: logProbs,
    accuracy_per_byte: logProbs.map((one, i) => one / Buffer.byteLength(choices[i]!)),
    ...(alone !== undefined && { accuracy_pmi: logProbs.map((one, i) => one - alone[i]!) }),
  });
}

/** Log-probabilities of texts, each behind a blank. */
async function logProbsOf(
  prompt: string,
  texts: readonly string[],
  { score }: SampleContext,
): Promise<readonly number[]> {
  const found = await score(
    prompt,
    texts.map((text) => ` ${text}`),
  );
  return found.map(({ logProb }) => logProb);
}

/** By each measure, the choice for which it is largest. */
function chosen(
  choices: readonly string[],
  right: number,
  measures: Readonly<Record<string, readonly number[]>> & { readonly accuracy: readonly number[] },
): SampleOutcome {
  const scores = Object.entries(measures).map(([name, values]) => {
    const place = values.indexOf(Math.max(...values));
    return [name, { value: place === right ? 1 : 0, answer: choices[place]! }] as const;
  });
  const [, accuracy] = scores[0]!;
  const data = { correct: accuracy.value === 1, expected: choices[right], picked: accuracy.answer };
  return {
    scores: Object.fromEntries(scores),
    events: [{ type: "match", data: { ...data, logProbs: measures.accuracy } }],
  };
}

function questionOf(
  row: TableRow,
  { id, options }: { readonly id: string; readonly options: ChoiceTableOptions },
): ChoiceQuestion {
  const { input, choices: column, ideal, separator, by } = options;
  const cell = row[column];
  const choices = Array.isArray(cell)
    ? cell.map(String)
    : String(cell ?? "")
        .split(separator ?? "|")
        .map((choice) => choice.trim());
  const question = String(row[input] ?? "").trim();
  if (question === "" || choices.length < 2 || choices.some((choice) => choice === "")) {
    throw new DataError(
      `${id}: expected a question and two or more choices, got ${JSON.stringify(cell)?.slice(0, 80)}; a cell that is no list is split at --separator, "|" by default`,
    );
  }
  if (by !== "likelihood" && choices.length > 26) {
    throw new DataError(
      `${id}: expected at most 26 choices, one a letter, got ${choices.length}; take --by likelihood`,
    );
  }
  return { question, choices, right: placeOf(id, String(row[ideal] ?? "").trim(), choices) };
}

/** The place of the right choice: by its text, its letter, or its number from 0. */
function placeOf(id: string, ideal: string, choices: readonly string[]): number {
  const letter = /^[A-Za-z]$/.test(ideal) ? ideal.toUpperCase().charCodeAt(0) - 65 : -1;
  const number = /^\d+$/.test(ideal) ? Number(ideal) : -1;
  const place = [choices.indexOf(ideal), letter, number].find(
    (one) => one >= 0 && one < choices.length,
  );
  if (place !== undefined) return place;
  throw new DataError(
    `${id}: expected the right choice as its text, letter or place from 0, got "${ideal}" of ${choices.length}`,
  );
}
