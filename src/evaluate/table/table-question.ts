import { basename, extname } from "node:path";
import { ConfigError, DataError } from "../../errors.ts";
import { isConversation } from "../../language-model/is-conversation.ts";
import type { CallArguments, Message } from "../../language-model/language-model.ts";
import type { EvalSample, EvalTask } from "../eval-task.ts";
import { valueText } from "./value-text.ts";

/** A row of a table, by its columns. */
export type TableRow = Readonly<Record<string, unknown>>;

/** How the questions of a table are asked. */
export interface TableQuestions {
  readonly path: string;
  readonly rows: readonly TableRow[];
  /** Columns of the question and of its right answers. */
  readonly input: string;
  readonly ideal: string;
  /** Separates several right answers in one cell; undefined: a cell is one answer. */
  readonly separator: string | undefined;
  /** Rows that are shown with their answers before each question. */
  readonly examples: readonly TableRow[];
  /** Said before each question. */
  readonly system: string | undefined;
  readonly callArguments: CallArguments;
  readonly maxSamples: number | undefined;
}

/** An evaluation's name and samples: the table's file, and its rows in their order. */
export function tableSamples({
  path,
  rows,
  maxSamples,
}: Pick<TableQuestions, "path" | "rows" | "maxSamples">): Pick<EvalTask, "name" | "samples"> {
  const name = basename(path, extname(path));
  const samples = rows.slice(0, maxSamples).map((data, i) => ({ id: `${name}.${i}`, data }));
  return { name, samples: async () => samples };
}

/**
 * Refuses a table without columns that are needed. A single row that lacks one fails by itself when it
 * is asked.
 *
 * @param columns - by the flags that name them
 * @throws {ConfigError} naming the column, the flag, and the columns that there are
 */
export function checkColumns(
  path: string,
  rows: readonly TableRow[],
  columns: Readonly<Record<string, string | undefined>>,
): void {
  for (const [flag, column] of Object.entries(columns)) {
    if (column === undefined || rows.length === 0 || rows.some((row) => column in row)) continue;
    const known = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const other = known.length === 1 ? /[;\t|]/.exec(known[0]!)?.[0] : undefined;
    const fix =
      other === undefined
        ? `name another with ${flag}`
        : `the file seems to be separated by ${JSON.stringify(other)}: save it with commas`;
    throw new ConfigError(
      `${path}: expected a column "${column}", there are ${known.join(", ") || "none"}; ${fix}`,
    );
  }
}

/**
 * Refuses examples that lack a question or an answer: each of them is shown.
 *
 * @throws {ConfigError} naming the row and the column
 */
export function checkExamples({
  examples,
  input,
  ideal,
}: Pick<TableQuestions, "examples" | "input" | "ideal">): void {
  checkColumns("--examples", examples, { "--input": input, "--ideal": ideal });
  for (const [i, row] of examples.entries()) {
    const empty = [input, ideal].find((column) => [row[column] ?? ""].flat().join("") === "");
    if (empty === undefined) continue;
    throw new ConfigError(`--examples, row ${i + 1}: "${empty}" is empty; fill it, or take it out`);
  }
}

/**
 * A row's question as a conversation, with the examples before it.
 *
 * @throws {DataError} when it is empty, or a list that is no conversation
 */
export function questionMessages(
  sample: EvalSample,
  { system, examples, input, ideal }: Omit<TableQuestions, "path" | "rows">,
): Message[] {
  const before = [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    ...examples.flatMap((row) => [
      { role: "user", content: String(row[input]) },
      { role: "assistant", content: String([row[ideal]].flat()[0]) },
    ]),
  ];
  const question = sample.data[input];
  if (isConversation(question)) return [...before, ...question];
  if (Array.isArray(question)) {
    throw new DataError(
      `${sample.id}: the column "${input}": expected a text or messages with a role and a content, got ${JSON.stringify(question).slice(0, 80)}`,
    );
  }
  return [...before, { role: "user", content: cellText(sample, input) }];
}

/**
 * The text of a cell, without white space at its ends.
 *
 * @throws {DataError} when it is empty
 */
export function cellText({ id, data }: EvalSample, column: string): string {
  const text = valueText(data[column]).trim();
  if (text !== "") return text;
  throw new DataError(`${id}: the column "${column}" is empty`);
}

/**
 * A row's right answers: a list of the cell, its parts at the separator, or all of it. A list within
 * the list is one answer of several lines.
 *
 * @throws {DataError} when there is none
 */
export function rightAnswers(
  { id, data }: EvalSample,
  { ideal, separator }: Pick<TableQuestions, "ideal" | "separator">,
): readonly string[] {
  const cell = data[ideal];
  const texts = Array.isArray(cell)
    ? cell.map((one) => (Array.isArray(one) ? one.join("\n") : valueText(one)))
    : separator === undefined
      ? [valueText(cell)]
      : valueText(cell).split(separator);
  if (texts.some((text) => text.trim() !== "")) return texts.map((text) => text.trim());
  throw new DataError(`${id}: the column "${ideal}" has no right answer`);
}
