import { basename, extname } from "node:path";
import { ConfigError, DataError } from "../errors.ts";
import type { CallArguments } from "../language-model/language-model.ts";
import { mean } from "../statistics/quantile.ts";
import { type EvalSample, type EvalTask, firstText, type SampleOutcome } from "./eval-task.ts";
import { answerScorers } from "./scorers.ts";

/** How a table of choice questions is asked. */
export interface ChoiceTableOptions {
  readonly path: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Columns of the question, of its choices and of the right one. */
  readonly input: string;
  readonly choices: string;
  /** The right choice: its letter, its place from 0, or its text. */
  readonly ideal: string;
  /** Between the choices of a cell that is no list. */
  readonly separator: string | undefined;
  /** `letter`: the choices are shown and a letter is written; `likelihood`: the likeliest text. */
  readonly by: "letter" | "likelihood";
  readonly callArguments: CallArguments;
  readonly maxSamples?: number | undefined;
}

/** A question with its choices. */
interface ChoiceQuestion {
  readonly question: string;
  readonly choices: readonly string[];
  /** Place of the right one. */
  readonly right: number;
}

/**
 * An evaluation of choice questions. By likelihood, the text after the question that the model finds
 * likeliest is its choice, and beside it the likeliest for its length in bytes.
 *
 * @throws {ConfigError} when a column is missing
 * @see Brown et al. 2020, arXiv 2005.14165, section 2.4; acc and acc_norm of lm-evaluation-harness
 */
export function choiceTable(options: ChoiceTableOptions): EvalTask {
  const { path, rows, input, choices, ideal, by, maxSamples } = options;
  for (const column of [input, choices, ideal]) {
    if (rows.every((row) => column in row)) continue;
    const known = Object.keys(rows[0] ?? {}).join(", ");
    throw new ConfigError(`${path}: expected a column "${column}", there are ${known || "none"}`);
  }
  const name = basename(path, extname(path));
  const samples = rows.slice(0, maxSamples).map((data, i) => ({ id: `${name}.${i}`, data }));
  return {
    name,
    scoreKinds: { accuracy: "binary", accuracy_per_byte: "binary" },
    samples: async () => samples,
    async evaluate(sample, context) {
      const asked = questionOf(sample, options);
      if (by === "likelihood") {
        const texts = asked.choices.map((choice) => ` ${choice}`);
        const found = await context.score(`${asked.question}\nAnswer:`, texts);
        return byLikelihood(
          asked,
          found.map(({ logProb }) => logProb),
        );
      }
      const messages = [{ role: "user", content: letterPrompt(asked) }];
      const answer = await context.ask({ policy: 0 }, messages, options.callArguments);
      return byLetter(asked, firstText(answer));
    },
    report: (outcomes) => ({
      accuracy: mean(outcomes.flatMap(({ scores }) => scores["accuracy"]?.value ?? [])),
      ...(by === "likelihood" && {
        accuracy_per_byte: mean(
          outcomes.flatMap(({ scores }) => scores["accuracy_per_byte"]?.value ?? []),
        ),
      }),
    }),
  };
}

const letterAt = (i: number): string => String.fromCharCode("A".charCodeAt(0) + i);

function letterPrompt({ question, choices }: ChoiceQuestion): string {
  const listed = choices.map((choice, i) => `${letterAt(i)}. ${choice}`);
  return `${question}\n${listed.join("\n")}\nAnswer with the letter of the right choice alone.`;
}

function byLetter({ right }: ChoiceQuestion, text: string): SampleOutcome {
  const { value, answer } = answerScorers.choice(text, [letterAt(right)]);
  const data = { correct: value === 1, expected: letterAt(right), picked: answer, sampled: text };
  return { scores: { accuracy: { value, answer } }, events: [{ type: "match", data }] };
}

function byLikelihood(
  { choices, right }: ChoiceQuestion,
  logProbs: readonly number[],
): SampleOutcome {
  const plain = largest(logProbs);
  const perByte = largest(logProbs.map((one, i) => one / Buffer.byteLength(choices[i]!)));
  const scored = (place: number) => ({
    value: place === right ? 1 : 0,
    answer: choices[place]!,
  });
  const data = { correct: plain === right, expected: choices[right], picked: choices[plain] };
  return {
    scores: { accuracy: scored(plain), accuracy_per_byte: scored(perByte) },
    events: [{ type: "match", data: { ...data, logProbs } }],
  };
}

function largest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function questionOf(
  { id, data }: EvalSample,
  { input, choices: column, ideal, separator }: ChoiceTableOptions,
): ChoiceQuestion {
  const cell = data[column];
  const choices = Array.isArray(cell)
    ? cell.map(String)
    : String(cell ?? "")
        .split(separator ?? "|")
        .map((choice) => choice.trim());
  const question = String(data[input] ?? "").trim();
  if (question === "" || choices.length < 2 || choices.some((choice) => choice === "")) {
    throw new DataError(
      `${id}: expected a question and two or more choices, got ${JSON.stringify(cell)?.slice(0, 80)}; a cell that is no list is split at --separator, "|" by default`,
    );
  }
  return { question, choices, right: placeOf(id, String(data[ideal] ?? "").trim(), choices) };
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
