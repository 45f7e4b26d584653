import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import type { EvalTask } from "../evaluate/eval-task.ts";
import {
  type JudgedKind,
  namedRubric,
  ownRubric,
  type Rubric,
  rubricNames,
} from "../evaluate/judge/rubric.ts";
import { type ScorerName, scorers } from "../evaluate/scorers/scorers.ts";
import { choiceTable } from "../evaluate/table/choice-table.ts";
import { gradedTable } from "../evaluate/table/graded-table.ts";
import { pairwiseTable } from "../evaluate/table/pairwise-table.ts";
import { questionTable } from "../evaluate/table/question-table.ts";
import type { TableQuestions } from "../evaluate/table/table-question.ts";
import type { TableFlags } from "./eval-table-flags.ts";
import { tableRows } from "./table-rows.ts";

/** Which models the user named. */
export interface NamedModels {
  readonly model: readonly string[];
  readonly grader?: string | undefined;
}

type Flags = TableFlags & NamedModels & { readonly maxSamples?: number | undefined };

/** A file's evaluation, and the arguments that make it. */
export interface TableTask {
  readonly task: EvalTask;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * The evaluation of a file of questions.
 *
 * @param directory - against which paths are read
 * @throws {ConfigError} when a file, a column or a model is missing, or a model has nothing to do
 */
export async function tableTask(
  flags: Flags,
  { path, directory }: { readonly path: string; readonly directory: string },
): Promise<TableTask> {
  checkModels(flags);
  const { input, ideal, separator, system, temperature, maxTokens, maxSamples } = flags;
  const rows = await tableRows(path, "eval run");
  const examples =
    flags.examples === undefined
      ? []
      : (await tableRows(resolve(directory, flags.examples), "--examples")).slice(0, flags.fewShot);
  const callArguments = { temperature, max_tokens: maxTokens };
  const how = { input, ideal, separator, system, callArguments, examples };
  const questions = { ...how, path, rows, maxSamples };
  const { choices, by, pmi, scorer } = flags;
  if (choices !== undefined) {
    const chosen = { choices, by, pmi };
    const task = choiceTable({ ...questions, ...chosen });
    return { task, arguments: { ...how, ...chosen } };
  }
  const asked = { how, questions, directory };
  return scorer === "graded" || scorer === "pairwise"
    ? judgedTask(flags, scorer, asked)
    : scoredTask(flags, scorer, asked);
}

interface Asked {
  /** What is told of how questions are asked. */
  readonly how: Readonly<Record<string, unknown>>;
  readonly questions: TableQuestions;
  readonly directory: string;
}

async function scoredTask(
  flags: TableFlags,
  name: ScorerName,
  { how, questions, directory }: Asked,
): Promise<TableTask> {
  const { tolerance, absoluteTolerance, tokenizer, wordOrder, stem, prefix } = flags;
  const options = {
    ...{ tolerance, absoluteTolerance, tokenizer, wordOrder, stem, prefix },
    schema: flags.schema && (await readFlagFile(resolve(directory, flags.schema), "--schema")),
    codeTimeoutMs: 1000 * flags.codeTimeout,
  };
  return {
    task: questionTable({ ...questions, scorer: scorers[name](options), prefix }),
    arguments: { ...how, scorer: name, ...options },
  };
}

async function judgedTask(
  flags: Flags,
  kind: JudgedKind,
  { how, questions, directory }: Asked,
): Promise<TableTask> {
  const { criteria, labels, answers, votes, graderMaxTokens } = flags;
  const temperature = flags.graderTemperature ?? (votes > 1 ? 1 : 0);
  const options = {
    rubric: await rubricOf(kind, flags.rubric ?? rubricNames[kind][0]!, directory),
    judgeArguments: { temperature, max_tokens: graderMaxTokens },
    ...{ criteria, labels, answers },
  };
  const { template } = options.rubric;
  if (kind === "graded") {
    const task = gradedTable({ ...questions, ...options, votes });
    return { task, arguments: { ...how, scorer: kind, ...options, rubric: template, votes } };
  }
  const isBetweenModels = flags.grader !== undefined && flags.model.length === 2;
  const task = pairwiseTable({ ...questions, ...options, isBetweenModels });
  return { task, arguments: { ...how, scorer: kind, ...options, rubric: template } };
}

async function rubricOf(kind: JudgedKind, name: string, directory: string): Promise<Rubric> {
  const named = namedRubric(kind, name);
  if (named !== undefined) return named;
  const path = resolve(directory, name);
  if (existsSync(path)) return ownRubric(kind, await readFlagFile(path, "--rubric"), name);
  throw new ConfigError(
    `--rubric ${name}: expected ${rubricNames[kind].join(", ")} or a file; there is no file ${path}`,
  );
}

/** Refuses models that would not be asked, and a missing judge. */
function checkModels({ model, grader, scorer, answers, choices }: Flags): void {
  const isJudged = choices === undefined && (scorer === "graded" || scorer === "pairwise");
  const asked = model.length + (grader === undefined ? 0 : 1);
  const fits = !isJudged || answers !== undefined ? asked === 1 : roles[scorer].fits(model, grader);
  if (fits) return;
  const expected = !isJudged
    ? "questions of a file are asked of one --model, without --grader"
    : answers !== undefined
      ? "with --answers one --model is the judge, without --grader"
      : roles[scorer].expected;
  const got = `${model.join(", ")} and ${grader === undefined ? "no --grader" : `the grader ${grader}`}`;
  throw new ConfigError(`eval run: ${expected}; got ${got}`);
}

/** Which models judged evaluations take. */
const roles: {
  readonly [kind in JudgedKind]: {
    fits(model: readonly string[], grader: string | undefined): boolean;
    readonly expected: string;
  };
} = {
  graded: {
    fits: (model, grader) => model.length === 1 || (model.length === 2 && grader === undefined),
    expected: "--scorer graded evaluates one --model, and --grader judges",
  },
  pairwise: {
    fits: (model, grader) => model.length <= 2 && grader !== undefined,
    expected:
      "--scorer pairwise compares one --model with the right answers, or two --model with each other, and --grader judges",
  },
};

/** The text of a file that a flag names. */
async function readFlagFile(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new ConfigError(`${flag} ${path}: ${(error as Error).message}`, { cause: error });
  }
}
